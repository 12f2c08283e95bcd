import type { ControlDetector, JobState, Quality, Verdict } from '../job.js';
import type { Attachment, Person, Place, Platform, Target } from '../request.js';

/** Everything that makes the pictures, with nothing left open but what the model's own config decides. */
export interface JobOptions extends JobExtras {
  readonly prompt: string;
  readonly negative?: string;
  readonly width?: number;
  readonly height?: number;
  readonly steps?: number;
  readonly guidance?: number;
  /** The first picture's; the second has `seed + 1`. */
  readonly seed: number;
  /** 1 to 4. */
  readonly count: number;
  readonly scheduler?: string;
  readonly model: string;
  readonly style?: string;
  readonly strength?: number;
}

/**
 * What few jobs ask for, in the words of a DrawRequest. LoRAs are none of it: they stand in the prompt, as
 * `<lora:ink:0.8>`.
 */
export interface JobExtras {
  /** What its picture, the job's `controlImage`, is seen by. */
  readonly control?: {
    readonly name: string;
    readonly scale?: number;
    readonly detect?: ControlDetector;
  };
  readonly hires?: { readonly scale: number; readonly strength?: number };
  /** The first picture's; the second mixes in `seed + 1`, and all of them are of the job's own seed. */
  readonly variation?: { readonly seed: number; readonly strength: number };
  readonly refiner?: { readonly name: string };
  readonly clipSkip?: number;
  readonly imageGuidance?: number;
  readonly noiseLevel?: number;
  /** Left out where it is `exact`. */
  readonly quality?: Exclude<Quality, 'exact'>;
  /** What the row has of all this cannot be read: the job can be shown, and not be drawn. */
  readonly unreadable?: true;
}

/** A picture that somebody gave for a job. */
export interface Given {
  /** Not fetched yet. */
  readonly attachment?: Attachment;
  /** In the storage. */
  readonly key?: string;
}

/** To start from; which part of that to redraw; what a ControlNet sees. */
export interface GivenPictures {
  readonly init?: Given;
  readonly mask?: Given;
  readonly controlImage?: Given;
}

/** How a job came about, for its message and for the log. */
export type JobKind = 'imagine' | 'reroll' | 'vary' | 'enlarge' | 'zoom';

export interface NewJob extends GivenPictures {
  /** Unique over all events of all platforms. */
  readonly key: string;
  readonly person: Pick<Person, 'key' | 'id' | 'name'>;
  readonly place: Place;
  readonly target: Target;
  readonly kind: JobKind;
  /** The job and picture it came from. */
  readonly parent?: { readonly job: string; readonly index: number };
  readonly options: JobOptions;
  readonly urgency: 'normal' | 'high';
  /** Milliseconds since 1970: when the platform says it was asked. */
  readonly asked: number;
}

/** One picture of a job. */
export interface JobImage {
  /** From 1. */
  readonly index: number;
  readonly seed: number;
  /** Of the PNG in the storage; undefined when it is not kept any more, or was flagged. */
  readonly key?: string;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
  readonly verdict: Verdict;
  /** SHA-256 of the pixels in hex, so that drawing again can be compared. */
  readonly pixels: string;
}

/** Whole milliseconds of each part. */
export interface JobTimings {
  readonly wait: number;
  readonly load: number;
  readonly encode: number;
  readonly denoise: number;
  readonly decode: number;
  readonly post: number;
}

export interface Job extends Omit<NewJob, 'key'> {
  /** Ten characters, in the order of asking. */
  readonly id: string;
  readonly key: string;
  readonly state: JobState;
  /** From 1; one more each time it goes back to the line. */
  readonly attempt: number;
  /** Engine deaths while it ran. */
  readonly deaths: number;
  /** Milliseconds since 1970. */
  readonly queued: number;
  readonly started?: number;
  readonly drawn?: number;
  readonly delivered?: number;
  /** Whether its end, a failure or a cancelling, has been shown in the room. */
  readonly told: boolean;
  readonly timings: Partial<JobTimings>;
  readonly images: readonly JobImage[];
  /** As the engine drew it: the size, steps, guidance and scheduler in the end. */
  readonly drawnWith?: {
    readonly width: number;
    readonly height: number;
    readonly steps: number;
    readonly guidance: number;
    readonly guidanceRescale?: number;
    readonly scheduler: string;
    readonly strength?: number;
    readonly device: string;
    readonly modelHash: string;
    /** The model had to be loaded for it. */
    readonly cold: boolean;
    /** Most other jobs in one call of the U-Net. */
    readonly mates: number;
    readonly warnings: readonly string[];
  };
  /** An ErrorCode, or `internal`. */
  readonly errorCode?: string;
  /** The sentence shown for it. */
  readonly errorText?: string;
}

export interface Style {
  readonly name: string;
  /** Has `{prompt}` in it once. */
  readonly prompt: string;
  readonly negative?: string;
}

/** An admin's word for a server or one of its channels; what is left out falls to the server's, then to Kiln's own. */
export interface RoomSettings {
  readonly model?: string;
  readonly width?: number;
  readonly height?: number;
  readonly steps?: number;
  readonly quality?: Quality;
  readonly maxSteps?: number;
  readonly maxSide?: number;
  readonly maxCount?: number;
  /** Only these roles may draw; everybody when left out. */
  readonly roles?: readonly string[];
  /** Pictures a person may ask for in 24 hours. */
  readonly quota?: number;
  /** Flagged pictures: never, or where the channel is age-restricted. */
  readonly nsfw?: 'block' | 'age-restricted';
  /** Models without a safety checker may draw here. */
  readonly unchecked?: boolean;
  /** Where reports go. */
  readonly reports?: string;
  /** Words and phrases no prompt may have, besides Kiln's own. */
  readonly forbidden?: readonly string[];
}

export interface Range {
  /** Milliseconds since 1970; from included, to not. */
  readonly from: number;
  readonly to: number;
}

export interface Filter extends Partial<Range> {
  readonly person?: string;
  readonly platform?: Platform;
  readonly server?: string;
  readonly channel?: string;
  readonly model?: string;
  readonly states?: readonly JobState[];
  /** In the prompt, whatever the case. */
  readonly search?: string;
}

export interface Page {
  readonly jobs: readonly Job[];
  /** Of all that fit the filter. */
  readonly total: number;
}

/** Milliseconds at the 50th, 95th and 99th percentile; the nearest rank. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface Stats {
  readonly range: Range;
  readonly jobs: number;
  readonly images: number;
  readonly byState: Readonly<Record<string, number>>;
  readonly failures: Readonly<Record<string, number>>;
  readonly wait: Percentiles | undefined;
  /** Load, encode, denoise and decode together. */
  readonly draw: Percentiles | undefined;
  readonly post: Percentiles | undefined;
  readonly cold: number;
  readonly warm: number;
  /** Jobs in a U-Net call, on average over the jobs. */
  readonly occupancy: number;
  /** Under the name they had last. */
  readonly byPerson: readonly { readonly key: string; readonly name: string; readonly jobs: number }[];
  /** The channel '' stands for all direct messages of a platform: theirs would tell the person. */
  readonly byChannel: readonly {
    readonly channel: string;
    readonly platform: string;
    readonly jobs: number;
  }[];
  readonly byModel: readonly { readonly model: string; readonly jobs: number }[];
  /** Words of prompts, those in most prompts first. */
  readonly words: readonly { readonly word: string; readonly count: number }[];
  /** At most 48 equal spans of the range: jobs delivered in each, and the longest the line was. */
  readonly timeline: readonly { readonly at: number; readonly jobs: number; readonly waiting: number }[];
  readonly reports: number;
}

/** Every job that was ever accepted, and what admins have set. A returned promise means it is on the disk. */
export interface Log {
  /** Commits the row; for a key that is there already gives that job with `fresh` false, whatever else is in it. */
  accept(job: NewJob): Promise<{ readonly job: Job; readonly fresh: boolean }>;
  /** Whether a job was made of that event. */
  known(key: string): Promise<boolean>;
  /** Marks an event that makes no job as seen; false when it was seen before. */
  seen(key: string): Promise<boolean>;
  get(id: string): Promise<Job | undefined>;
  /** queued → running. Undefined when it is not queued. */
  start(id: string, now: number): Promise<Job | undefined>;
  /** running → queued with the next attempt, waiting since then; `died` when an engine's death sends it back. */
  requeue(id: string, how: { readonly now: number; readonly died: boolean }): Promise<Job | undefined>;
  /** running → drawn. */
  drew(
    id: string,
    result: {
      readonly now: number;
      readonly images: readonly JobImage[];
      readonly drawnWith: NonNullable<Job['drawnWith']>;
      readonly timings: Omit<JobTimings, 'post'>;
    },
  ): Promise<Job | undefined>;
  /** drawn → delivered. */
  delivered(id: string, how: { readonly now: number; readonly post: number }): Promise<Job | undefined>;
  /** queued, running or drawn → failed. */
  fail(
    id: string,
    why: { readonly code: string; readonly text: string; readonly now: number },
  ): Promise<Job | undefined>;
  /** queued or running → cancelled. */
  cancel(id: string, now: number): Promise<Job | undefined>;
  /** The end of a failed or cancelled job has been shown, or cannot be. */
  told(id: string): Promise<void>;
  retarget(id: string, target: Target): Promise<void>;
  /** A picture that was given is in the storage now; where it was attached is forgotten. */
  keepGiven(id: string, which: keyof GivenPictures, key: string): Promise<void>;
  /** In the order they were accepted: not ended, or ended and not told. */
  unfinished(): Promise<readonly Job[]>;
  /** Newest first. */
  find(filter: Filter, page: { readonly skip: number; readonly take: number }): Promise<Page>;
  /** Pictures asked for since then, failed and cancelled ones not counted, deleted ones counted. */
  used(person: string, since: number): Promise<number>;
  /** Median milliseconds of drawing one picture, of the last 50 plain jobs like this; undefined without any. */
  usualCost(model: string, pixels: number): Promise<number | undefined>;

  /** What the channel's admins said, over what the server's said. */
  settings(server: string | undefined, channel?: string): Promise<RoomSettings>;
  /** Changes what is given; null takes a setting back. */
  set(
    server: string,
    channel: string | undefined,
    changes: { readonly [name in keyof RoomSettings]?: RoomSettings[name] | null },
  ): Promise<void>;
  styles(server: string | undefined): Promise<readonly Style[]>;
  setStyle(server: string, style: Style): Promise<void>;
  removeStyle(server: string, name: string): Promise<boolean>;

  /** False when that person has reported it already, or there is no such job. */
  report(id: string, by: string, now: number): Promise<boolean>;
  /** Of what was asked in the range. Deleted jobs count by the day, where no person and no words are asked for. */
  stats(filter: Filter & Range): Promise<Stats>;
  /** One row of the queue's length, for the timeline. */
  sample(now: number, waiting: number, running: number): Promise<void>;

  /** All that is known of a person, as JSON. */
  exportPerson(person: string): Promise<unknown>;
  /**
   * Deletes a person's rows, overwriting them on the disk, and gives the storage keys that nobody else's rows name.
   * Daily counters stay, without the person, and so do their reports on others' jobs. Takes a second or two for a large
   * log, and others that write wait as long.
   */
  deletePerson(person: string): Promise<readonly string[]>;
  /**
   * Deletes one ended job. Its row is overwritten at once; copies that the database made when it moved rows about go with
   * the next `deletePerson`, a day's first `purge`, or the next start.
   */
  deleteJob(id: string): Promise<readonly string[]>;
  /** Deletes what ended before then in the same way, and what is only of use for a while. */
  purge(before: number): Promise<readonly string[]>;

  /** Those of these storage keys that no row names. */
  unnamed(keys: readonly string[]): Promise<readonly string[]>;

  /**
   * Small values for adapters: sessions to resume, what was registered, installations. What is named `person/KEY/…` is
   * that person's: exported and deleted with them.
   */
  keep(name: string, value: string | undefined): Promise<void>;
  kept(name: string): Promise<string | undefined>;
  close(): Promise<void>;
}
