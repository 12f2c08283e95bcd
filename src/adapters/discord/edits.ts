import type { Clock } from '../../clock.js';

/** The edits of many messages: progress is merged and spaced, what is final goes out alone and last. */
export interface Edits<Result> {
  /**
   * Sends this progress when the message is due, unless something newer comes first. Gives what the sending gave, or
   * undefined when it was overtaken or failed.
   */
  progress(message: string, send: () => Promise<Result>): Promise<Result | undefined>;
  /** Sends as soon as nothing of that message is on its way; progress that still waits is dropped. */
  final(message: string, send: () => Promise<Result>): Promise<Result>;
  /** Resolves when nothing is on its way; what waits is dropped. */
  drain(): Promise<void>;
}

export interface EditsOptions {
  readonly clock: Clock;
  /** Milliseconds between two edits of that message at the least, now. */
  interval(message: string): number;
  /** Told of progress that could not be sent. */
  onLost(error: unknown): void;
}

interface Line<Result> {
  waiting?: { send: () => Promise<Result>; settle: (result: Result | undefined) => void };
  onItsWay?: Promise<unknown>;
  /** When the last edit ended. */
  last: number;
  callOff?: () => void;
  finals: number;
}

/**
 * @example
 * const edits = createEdits({ clock, interval: () => 3000, onLost });
 * await edits.progress(job, () => edit(bar));
 * await edits.final(job, () => edit(picture));
 */
export function createEdits<Result>({ clock, interval, onLost }: EditsOptions): Edits<Result> {
  const lines = new Map<string, Line<Result>>();

  const lineOf = (message: string) => {
    const line = lines.get(message) ?? { last: Number.NEGATIVE_INFINITY, finals: 0 };
    lines.set(message, line);
    return line;
  };

  const drop = (line: Line<Result>) => {
    line.callOff?.();
    line.callOff = undefined;
    line.waiting?.settle(undefined);
    line.waiting = undefined;
  };

  /** Sends what waits, or comes back when it is due. */
  const move = (message: string, line: Line<Result>) => {
    if (line.onItsWay || line.callOff || line.finals > 0) return;
    const wait = line.last + interval(message) - clock.now();
    if (wait > 0) {
      line.callOff = clock.after(wait, () => {
        line.callOff = undefined;
        if (line.waiting) move(message, line);
        else forget(message, line);
      });
      return;
    }
    const { waiting } = line;
    if (!waiting) return forget(message, line);
    line.waiting = undefined;
    line.onItsWay = waiting
      .send()
      .then(waiting.settle, (error) => {
        onLost(error);
        waiting.settle(undefined);
      })
      .finally(() => {
        line.onItsWay = undefined;
        line.last = clock.now();
        move(message, line);
      });
  };

  const forget = (message: string, line: Line<Result>) => {
    if (lines.get(message) === line && line.finals === 0) lines.delete(message);
  };

  return {
    progress(message, send) {
      const line = lineOf(message);
      line.waiting?.settle(undefined);
      return new Promise((settle) => {
        line.waiting = { send, settle };
        move(message, line);
      });
    },

    async final(message, send) {
      const line = lineOf(message);
      line.finals++;
      drop(line);
      while (line.onItsWay) await line.onItsWay;
      const sending = send();
      line.onItsWay = sending.catch(() => undefined);
      try {
        return await sending;
      } finally {
        line.onItsWay = undefined;
        line.last = clock.now();
        line.finals--;
        if (line.finals === 0) move(message, line);
      }
    },

    async drain() {
      for (const line of lines.values()) drop(line);
      await Promise.all([...lines.values()].map(({ onItsWay }) => onItsWay));
    },
  };
}
