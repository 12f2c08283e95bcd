import type { Button } from '../../request.js';

/** What a button carries; it is looked up in the log, so that it works for as long as the job is kept. */
export interface Press {
  readonly command: string;
  readonly job: string;
  readonly index?: number;
}

const pattern = /^kiln:([a-z][a-z_-]{0,31}):([\w-]{1,64})(?::(\d{1,4}))?$/;

/**
 * The action_id of a button.
 *
 * @example buttonId({ command: 'vary', job: '4k2j9d', index: 2 }) // 'kiln:vary:4k2j9d:2'
 */
export function buttonId({ command, job, index }: Pick<Button, 'command' | 'job' | 'index'>): string {
  return `kiln:${command}:${job}${index === undefined ? '' : `:${index}`}`;
}

/** What an action_id says; undefined for one that is not Kiln's. */
export function readButtonId(id: string): Press | undefined {
  const [, command, job, index] = pattern.exec(id) ?? [];
  if (!command || !job) return undefined;
  return { command, job, ...(index === undefined ? {} : { index: Number(index) }) };
}
