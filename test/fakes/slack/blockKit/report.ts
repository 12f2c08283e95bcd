import type { Wire } from '../wire.js';

/** One thing wrong with blocks, in Slack's words. */
export interface Problem {
  message: string;
  /** Where, as a JSON pointer. */
  at: string;
  /** True where a well-behaved app can run into it: a file that is not ready yet. */
  excused: boolean;
}

export type Report = (message: string, at: string, excused?: boolean) => void;

/** What the checks need to know of the workspace: whether a file can be shown. */
export type FileState = (reference: Wire) => 'ready' | 'waiting' | 'wrong type' | 'unknown';

/** Reports fields that are missing and fields that Slack does not know. */
export function checkFields(
  node: Wire,
  at: string,
  required: readonly string[],
  optional: readonly string[],
  report: Report,
) {
  for (const field of required) {
    if (node[field] === undefined) report(`missing required field: ${field}`, at);
  }
  for (const field of Object.keys(node)) {
    if (field !== 'type' && !required.includes(field) && !optional.includes(field)) {
      report(`invalid additional property: ${field}`, at);
    }
  }
}

/** Reports a string that is none, is empty or is too long. Slack counts characters, not UTF-16 units. */
export function checkString(value: unknown, at: string, most: number, report: Report, least = 1) {
  if (value === undefined) return;
  if (typeof value !== 'string') return report('must be a valid string', at);
  const length = [...value].length;
  if (length < least) report(`must be more than ${least - 1} characters`, at);
  if (length > most) report(`must be less than ${most + 1} characters`, at);
}

/** Reports what is wrong with a text object. */
export function checkText(value: unknown, at: string, most: number, report: Report, plain = true) {
  if (value === undefined) return;
  if (typeof value !== 'object' || value === null) return report('must be a text object', at);
  const text = value as Wire;
  const types = plain ? ['plain_text'] : ['plain_text', 'mrkdwn'];
  if (!types.includes(text.type)) return report(`unsupported type: ${text.type}`, `${at}/type`);
  checkFields(text, at, ['text'], text.type === 'plain_text' ? ['emoji'] : ['verbatim'], report);
  checkString(text.text, `${at}/text`, most, report);
}

/** Reports a list that is none, is empty or is too long, and says whether it can be walked. */
export function checkList(
  value: unknown,
  at: string,
  most: number,
  report: Report,
  least = 1,
): value is Wire[] {
  if (!Array.isArray(value)) {
    if (value !== undefined) report('must be an array', at);
    return false;
  }
  if (value.length > most) report(`no more than ${most} items allowed`, at);
  if (value.length < least) report(`no less than ${least} items allowed`, at);
  const walkable = value.every((one) => typeof one === 'object' && one !== null);
  if (!walkable) report('must be objects', at);
  return walkable;
}
