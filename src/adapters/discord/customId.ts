import type { Button, Form } from '../../request.js';

/** What a button or a form is about. */
export interface Pressed {
  readonly command: string;
  readonly job?: string;
  readonly index?: number;
}

const shape = /^kiln:(form:)?([a-z][a-z0-9_-]{0,31})(?::([^:]{0,80})(?::([1-9]\d{0,2}))?)?$/;
/** Discord's limit. */
const most = 100;

/**
 * What a button carries: only an action, a job and a picture, so that it works after a restart.
 *
 * @example customIdOf({ command: 'vary', job: '4k2j9d', index: 2 }) // 'kiln:vary:4k2j9d:2'
 */
export function customIdOf(
  { command, job, index }: Pick<Button, 'command' | 'job' | 'index'> | Form,
  kind: 'button' | 'form' = 'button',
): string {
  const parts = kind === 'form' ? ['kiln', 'form', command] : ['kiln', command];
  if (job !== undefined || index !== undefined) parts.push(encodeURIComponent(job ?? ''));
  if (index !== undefined) parts.push(String(index));
  const id = parts.join(':');
  if (id.length > most || !shape.test(id)) {
    throw new Error(
      `Cannot make a button for ${command}: its id has ${id.length} characters, want at most ${most}`,
    );
  }
  return id;
}

/**
 * What a custom id says, or undefined when it is none of Kiln's: whoever sends one decides what is in it.
 *
 * @example readCustomId('kiln:vary:4k2j9d:2', 'button') // { command: 'vary', job: '4k2j9d', index: 2 }
 */
export function readCustomId(id: string, kind: 'button' | 'form'): Pressed | undefined {
  if (id.length > most) return undefined;
  const [, form, command, job, index] = shape.exec(id) ?? [];
  if (!command || Boolean(form) !== (kind === 'form')) return undefined;
  const decoded = decode(job ?? '');
  if (decoded === undefined) return undefined;
  return {
    command,
    ...(decoded !== '' && { job: decoded }),
    ...(index !== undefined && { index: Number(index) }),
  };
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
