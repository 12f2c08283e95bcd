export type Urgency = 'normal' | 'high';

/** What the queue is to know of a job; the log has the rest. */
export interface Entry {
  readonly id: string;
  /** Whose it is, as the log's person key: people take turns. */
  readonly person: string;
  readonly urgency: Urgency;
  /** Expected milliseconds of drawing, for the others' waiting time. */
  readonly cost: number;
  /** The model it is drawn with: see `Loading`. */
  readonly model?: string;
  /** Runs with no other beside it: a batch-mate of the engine's death. */
  readonly alone?: boolean;
  /** Was accepted before, and is let in however full the line is. */
  readonly again?: boolean;
}

export interface Standing {
  /** 0 while it runs, else how many start before it and itself: 1 is next. */
  readonly position: number;
  /** Milliseconds until it starts, as far as can be told. */
  readonly eta: number;
}

/**
 * Models of which not all are loaded. An entry whose model is not lets those after it go first while theirs is, a few
 * times, so that the slots draw while it is loaded, and jobs of one model are drawn together where only one is loaded.
 */
export interface Loading {
  /** Whether a job of this model would start to draw at once. */
  ready(model: string): boolean;
  /** Told each time an entry lets another go first: the model may be loaded beside what draws. */
  wanted(model: string): void;
}

export interface QueueOptions {
  /** Jobs that run at once: of that model, where it makes a difference. It may change, and counts from the next start. */
  readonly slots: number | ((model: string | undefined) => number);
  /** Of one person. */
  readonly runningEach: number;
  readonly waitingEach: number;
  /** Of all people. */
  readonly waitingMost: number;
  /**
   * Does the job; what it throws is its own affair and never stops the queue. `signal` aborts on cancel; `free` is to be
   * called when all that is left to do can be done beside another job.
   */
  work(id: string, signal: AbortSignal, free: () => void): Promise<void>;
  /** All models are always ready when left out. */
  readonly loading?: Loading;
  /** Told when standings may have changed. */
  onMove?(): void;
}

/** A line in front of the engine: people take turns, so that nobody's fifty jobs keep another's one waiting. */
export interface Queue {
  /**
   * Whether another of this person's would be let in, without letting it in.
   *
   * @throws UserError `line-full`, as "Cannot take this: 8 of yours are waiting, want at most 8 …"
   */
  admit(person: string, count?: number): void;
  /**
   * Puts it into the line; one that is in it already stays where it is.
   *
   * @throws UserError `line-full`, `stopping`
   */
  add(entry: Entry): void;
  /** Takes it out of the line, or aborts its work. False when it is not there. */
  cancel(id: string): boolean;
  standing(id: string): Standing | undefined;
  /** What a job added now by that person would have to expect. */
  outlook(person: string): Standing;
  /** Waiting and running, in the order they start. */
  list(): readonly { readonly entry: Entry; readonly running: boolean; readonly standing: Standing }[];
  readonly waiting: number;
  readonly running: number;
  /** Lets nothing more start. Resolves when what runs has ended; the waiting stay in the log for the next start. */
  drain(): Promise<void>;
}
