import type { Filter, Job } from './log.js';
import { lowered } from './lowered.js';

/** Whether something is of the place, the model and the state that the filter asks for. */
export function suits(
  of: {
    readonly platform: string;
    readonly server?: string;
    readonly channel: string;
    readonly model: string;
    readonly state: string;
  },
  { platform, server, channel, model, states }: Filter,
): boolean {
  return (
    (platform === undefined || of.platform === platform) &&
    (server === undefined || of.server === server) &&
    (channel === undefined || of.channel === channel) &&
    (model === undefined || of.model === model) &&
    (states === undefined || states.some((state) => state === of.state))
  );
}

/** Whether a job is one that the filter asks for. */
export function fits(job: Job, filter: Filter): boolean {
  const { from = -Infinity, to = Infinity, person, search } = filter;
  return (
    job.asked >= from &&
    job.asked < to &&
    (person === undefined || job.person.key === person) &&
    suits({ ...job.place, model: job.options.model, state: job.state }, filter) &&
    (!search || lowered(job.options.prompt).includes(lowered(search.slice(0, 1000))))
  );
}
