import type { Message } from './messages.js';

/** The jobs that a message is about, by the buttons under it; a list's rows are not what it is about. */
export function jobsOf(message: Message | undefined): readonly string[] {
  return [...new Set((message?.view?.buttons ?? []).flat().map(({ job }) => job))];
}

/**
 * What is left of a message when these jobs are deleted: nothing of one that shows them, the other rows of a list.
 *
 * @example withoutJobs(message, new Set(['k3x9'])) // undefined, or the message itself where it has none of them
 */
export function withoutJobs(message: Message, jobs: ReadonlySet<string>): Message | undefined {
  if (jobsOf(message).some((job) => jobs.has(job))) return undefined;
  const { view } = message;
  const items = view?.items?.filter(({ buttons = [] }) => !buttons.some(({ job }) => jobs.has(job)));
  return view && items?.length !== view.items?.length ? { ...message, view: { ...view, items } } : message;
}
