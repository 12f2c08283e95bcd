import { z } from 'zod';
import type { Clock } from './clock.js';
import type { Verdict } from './job.js';
import type { Given, Job, JobOptions, Log, RoomSettings, Stats } from './log/log.js';
import type { Queue } from './queue/queue.js';
import type { Person, Place, Request, Responder, Shown } from './request.js';
import type { Storage } from './storage/storage.js';

/** Lists that an option's values are suggested from while somebody types. */
export type Suggestion = 'models' | 'styles' | 'schedulers' | 'jobs' | 'loras' | 'controlnets' | 'refiners';

/** What a model can be asked for: a Task of the engine's. */
export type ModelTask = 'text' | 'picture' | 'mask' | 'instruct' | 'upscale';

/** What lies beside the models, to be drawn with by name. */
export type SideModels = 'loras' | 'controlnets';

/** What a schema alone does not say of an option. */
export interface Hint {
  readonly label: string;
  /** Takes what is typed without a name: the prompt. */
  readonly rest?: boolean;
  /** Other names that it goes by in typed text, as `cfg` for guidance. */
  readonly aliases?: readonly string[];
  readonly suggest?: Suggestion;
  /** What is suggested may be only a part of it: several between commas, a number after a name. */
  readonly free?: boolean;
  /** Of use only where there are some of these: forms leave it out elsewhere. */
  readonly among?: Suggestion;
  /** A picture, given as an Attachment. */
  readonly attachment?: boolean;
  /** Carried by buttons and forms, never shown to be filled in. */
  readonly hidden?: boolean;
  /** Of use to so few that it is typed alone, as a suffix, where a form has no room for all. */
  readonly rare?: boolean;
  /** Text of several lines. */
  readonly long?: boolean;
}

/** Each option's hint, by its schema. */
export const hints = z.registry<Hint>();

/** One option of a command, as adapters show it. */
export interface OptionSpec extends Hint {
  readonly name: string;
  /** At most 100 characters. */
  readonly about: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'attachment';
  readonly required: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly maxLength?: number;
  readonly choices?: readonly string[];
}

export interface ModelInfo {
  readonly name: string;
  readonly builtIn: boolean;
  /** Loaded now. */
  readonly warm: boolean;
  /** Its pictures are checked before they are shown. */
  readonly checked: boolean;
  readonly width: number;
  readonly height: number;
  /** Width and height must be multiples of this. */
  readonly multiple: number;
  readonly steps: number;
  readonly guidance: number;
  readonly tasks: readonly ModelTask[];
  /** How many times as large a picture comes out, where that is the task. */
  readonly scale?: number;
  /** There a drawing's width and height are those that come out, whatever they are. */
  readonly resizes?: boolean;
}

/** The models that can be drawn with, known without a wait. */
export interface Models {
  /** The default comes first. */
  list(): readonly ModelInfo[];
  /** @throws UserError `bad-model` naming those there are */
  get(name: string): ModelInfo;
}

/** What a command works with. */
export interface Tools {
  readonly log: Log;
  readonly queue: Queue;
  readonly storage: Storage;
  readonly models: Models;
  readonly clock: Clock;
  readonly version: string;
  /** Names of what lies beside the models, as it is on the disk some seconds ago at most. */
  sideModels(kind: SideModels): Promise<readonly string[]>;
  /** What holds in a place: the channel's word, then the server's, then Kiln's own. */
  settings(place: Place): Promise<RoomSettings>;
  /** @throws UserError `unsafe` when the prompt rules forbid it */
  checkPrompt(prompt: string, settings: RoomSettings): void;
  /** Expected milliseconds of drawing these pictures. */
  cost(options: JobOptions): number;
  /** Stats as a picture, and as rows for a spreadsheet. */
  statsChart(stats: Stats): Promise<Buffer>;
  /** A picture of that key as it is shown: PNG, with smaller forms. */
  shown(job: Job, indexes: readonly number[]): Promise<Shown | undefined>;
  /** A picture of a job at half of its size or less, for lists. */
  thumbnail(job: Job, index: number): Promise<Shown | undefined>;
  /** A picture twice as large, resampled rather than drawn. */
  resample(job: Job, index: number): Promise<Shown | undefined>;
  /**
   * Keeps a picture as the middle of one of its own size, and the mask of what is around it; undefined where it is not
   * kept any more, or too small.
   *
   * @param multiple of how many pixels the sides must be
   */
  zoomOut(
    job: Job,
    index: number,
    multiple: number,
  ): Promise<
    | { readonly init: Given; readonly mask: Given; readonly width: number; readonly height: number }
    | undefined
  >;
  /**
   * Accepts one job of that person at a time.
   *
   * @param accept told how many of theirs are accepted and not yet in the line; gives the job that was made, if any
   */
  admit(person: string, accept: (onTheWay: number) => Promise<Job | undefined>): Promise<Job | undefined>;
  /** Pictures that anybody may ask for in 24 hours, admins as well; no limit when undefined. */
  readonly mostEach: number | undefined;
  /** Puts an accepted job into the line. */
  enqueue(job: Job): void;
  /** Ends a job that waits or runs, and says so in its message. False when it had ended. */
  cancel(job: Job): Promise<boolean>;
  /** Deletes what a job left: its message, rows and files. */
  remove(job: Job): Promise<void>;
  /** Deletes files that nothing names any more. */
  discard(keys: readonly string[]): Promise<void>;
  /** Deletes what that place's adapter itself keeps of a person: the playground's messages. Before their rows go. */
  forget(person: Pick<Person, 'key'>, place: Pick<Place, 'platform'>): Promise<void>;
  /** Draws the job's pictures once more, from the log alone. */
  redraw(
    job: Job,
    signal?: AbortSignal,
  ): Promise<readonly { readonly png: Buffer; readonly pixels: string; readonly verdict: Verdict }[]>;
  /** Adds an emoji where the job was asked; undefined where there is no way. */
  createEmoji(place: Place, name: string, png: Buffer): Promise<string | undefined>;
  /** Tells the admins' channel of that place, once for each job and person. False where there is none. */
  report(job: Job, by: Omit<Request, 'options'>): Promise<boolean>;
  /** Nothing is shown of the job from now on, drawn or not. */
  hush(job: Job): Promise<void>;
}

/** Something that people can ask for. A plain object; `defineCommand` supplies the types. */
export interface Command<Schema extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  /** At most 100 characters. */
  readonly about: string;
  /** How it is called elsewhere: by Discord's locale, as `de`. */
  readonly localized?: Readonly<Record<string, { readonly name: string; readonly about: string }>>;
  readonly options: Schema;
  readonly who: 'everyone' | 'admin';
  /**
   * How it is asked for: `typed` as a slash command, `pressed` by a button or a form, `menu` on a message, whose name
   * is `menuName`.
   */
  readonly ways: readonly ('typed' | 'pressed' | 'menu')[];
  readonly menuName?: string;
  /** It makes a job by `log.accept`, which keeps a request from being done twice; dispatch sees to all others. */
  readonly accepts?: boolean;
  /** Errors are shown to the asker alone anyway; the rest is the command's to say. */
  run(request: CommandRequest<z.output<Schema>>, tools: Tools, responder: Responder): Promise<void>;
}

export interface CommandRequest<Options> extends Omit<Request, 'options'> {
  readonly options: Options;
}

/** A command as it is, with its options' types known inside `run`. */
export function defineCommand<Schema extends z.ZodObject>(command: Command<Schema>): Command {
  // A Request's options are unknown until dispatch has parsed them with this very schema.
  return command as unknown as Command;
}

/**
 * The options of a command in the order of its schema, for Discord's options, Slack's modal and the web form.
 *
 * @example optionsOf(imagine)[0] // { name: 'prompt', label: 'Prompt', type: 'string', required: true, … }
 */
export function optionsOf(command: Pick<Command, 'name' | 'options'>): readonly OptionSpec[] {
  return Object.entries(command.options.shape).map(([name, schema]) => optionOf(command.name, name, schema));
}

function optionOf(command: string, name: string, schema: z.core.$ZodType): OptionSpec {
  const hint = hints.get(schema);
  const about = z.globalRegistry.get(schema)?.description;
  if (!hint || !about) throw new Error(`Option ${name} of ${command} has no hint or description`);
  const inner = innermost(schema);
  const required = !z.safeParse(schema, undefined).success;
  const base = { ...hint, name, about, required };
  if (hint.attachment) return { ...base, type: 'attachment' };
  const { def } = inner._zod;
  if (def.type === 'number') {
    const { isInt, minValue, maxValue } = inner as z.ZodNumber;
    return { ...base, type: isInt ? 'integer' : 'number', min: finite(minValue), max: finite(maxValue) };
  }
  if (def.type === 'boolean') return { ...base, type: 'boolean' };
  if (def.type === 'enum') {
    return { ...base, type: 'string', choices: (inner as z.ZodEnum).options.map(String) };
  }
  if (def.type === 'string')
    return { ...base, type: 'string', maxLength: finite((inner as z.ZodString).maxLength) };
  throw new Error(`Option ${name} of ${command} is ${def.type}, want a string, number, boolean or enum`);
}

/** What an optional, defaulted or piped schema is about. */
function innermost(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = schema._zod as { def: { innerType?: z.core.$ZodType; in?: z.core.$ZodType; type: string } };
  const next = def.innerType ?? (def.type === 'pipe' ? def.in : undefined);
  return next ? innermost(next) : schema;
}

function finite(limit: number | null | undefined): number | undefined {
  return typeof limit === 'number' && Math.abs(limit) < Number.MAX_SAFE_INTEGER ? limit : undefined;
}
