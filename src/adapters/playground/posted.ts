import { z } from 'zod';
import { type Command, optionsOf } from '../../command.js';
import { UserError } from '../../errors.js';
import type { Attachment } from '../../request.js';
import type { Asked } from './messages.js';

/** A request as a body says it, before it is known whose it is. */
export interface Posted {
  readonly key: string;
  readonly command: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly asked: Asked;
}

const text = (least: number, most: number) => {
  const wanted = `text of ${least} to ${most} characters`;
  return z.string(wanted).min(least, wanted).max(most, wanted);
};
const key = z.uuid('a UUID');
const name = text(1, 60);
const job = text(1, 100);
const index = z
  .number('a whole number from 0 to 100000')
  .refine(
    (value) => Number.isInteger(value) && value >= 0 && value <= 100_000,
    'a whole number from 0 to 100000',
  );
const value = z.union(
  [z.string().max(8000), z.number(), z.boolean()],
  'text of at most 8000 characters, a number or a boolean',
);
const options = z.record(name, value, 'options by their names');

const object = 'a JSON object';
const typedBody = z.object({ key, text: z.string().trim().min(1).max(8000) });
const chosenBody = z.object({ key, command: name, options }, object);
const pressBody = z.object(
  { key, command: name, job, index: index.optional(), label: text(0, 80).default('') },
  object,
);
const formBody = z.object(
  {
    key,
    command: name,
    job: job.optional(),
    index: index.optional(),
    title: text(0, 100).default(''),
    fields: z.record(name, text(0, 8000), 'texts by the names of fields'),
  },
  object,
);

const typedCommand = /^\/(\S*)\s*([\s\S]*)$/;

/**
 * A body of /ask: words, with or without a command, or a command and its options.
 *
 * @throws UserError `bad-option`
 * @example readAsk({ key, text: 'a red heart' }, commands) // { command: 'imagine', options: { typed: 'a red heart' }, … }
 */
export function readAsk(body: unknown, commands: readonly Command[]): Posted {
  const typed = typedBody.safeParse(body);
  if (typed.success) {
    const { key, text } = typed.data;
    const [, command, words] = typedCommand.exec(text) ?? [];
    const asked = { text };
    if (command === undefined) return { key, command: 'imagine', options: { typed: text }, asked };
    return { key, command: command.toLowerCase().slice(0, 60), options: { typed: words }, asked };
  }
  const chosen = read(chosenBody, body);
  return { ...chosen, asked: { text: written(chosen.command, chosen.options, commands) } };
}

/** A body of /press: a button as the page was given it. */
export function readPress(body: unknown): Posted {
  const { key, command, label, ...options } = read(pressBody, body);
  return { key, command, options, asked: { text: label || command, pressed: true } };
}

/** A body of /form: a form filled in. What was left empty is left out. */
export function readForm(body: unknown): Posted {
  const { key, command, title, fields, ...about } = read(formBody, body);
  const filled = Object.entries(fields).filter(([, text]) => text.trim() !== '');
  const [first] = filled.map(([, text]) => text);
  const text = [title || command, first].filter((part) => part !== undefined).join(': ');
  return { key, command, options: { ...Object.fromEntries(filled), ...about }, asked: { text } };
}

/** A picture that came along, kept by now. */
export interface Upload {
  /** The option that it is for; `picture` stands for the first that takes one. */
  readonly option: string;
  readonly attachment: Attachment;
  /** Where the page finds it. */
  readonly src: string;
}

/**
 * The options of a command that take pictures.
 *
 * @example pictureOptions('imagine', commands) // ['image', 'mask', 'control_image']
 */
export function pictureOptions(name: string, commands: readonly Command[]): readonly string[] {
  const command = commands.find((other) => other.name === name);
  return command ? optionsOf(command).flatMap(({ attachment, name }) => (attachment ? [name] : [])) : [];
}

/**
 * The same request with the pictures that came along.
 *
 * @throws UserError `bad-option` when the command has no use for one
 */
export function withPictures(
  posted: Posted,
  uploads: readonly Upload[],
  commands: readonly Command[],
): Posted {
  const takes = pictureOptions(posted.command, commands);
  const options = uploads.map(({ option, attachment }): [string, Attachment] => {
    const name = option === 'picture' ? takes[0] : option;
    if (name !== undefined && takes.includes(name)) return [name, attachment];
    throw new UserError(
      'bad-option',
      `Cannot use the picture with /${posted.command}: found one, want none, as only /imagine starts from pictures`,
    );
  });
  const [picture, ...more] = uploads.map(({ src }) => src);
  return {
    ...posted,
    options: { ...posted.options, ...Object.fromEntries(options) },
    asked: { ...posted.asked, picture, ...(more.length > 0 && { more }) },
  };
}

/** How a command and options would have been typed. */
function written(
  name: string,
  options: Readonly<Record<string, string | number | boolean>>,
  commands: readonly Command[],
): string {
  const command = commands.find((other) => other.name === name);
  const rest = command && optionsOf(command).find((option) => option.rest)?.name;
  const words = rest === undefined ? undefined : options[rest];
  const suffixes = Object.entries(options)
    .filter(([option]) => option !== rest)
    .map(([option, value]) => `--${option} ${value}`);
  return [`/${name}`, ...(words === undefined ? [] : [words]), ...suffixes].join(' ');
}

function read<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  const where = path.map(String).join('.').slice(0, 60);
  const found = JSON.stringify(path.reduce<unknown>((inside, name) => Object(inside)[name], body));
  const is = found === undefined ? 'missing' : found.length > 60 ? `${found.slice(0, 60)}…` : found;
  throw new UserError('bad-option', `Cannot read this request: ${where || 'it'} is ${is}, want ${message}`);
}
