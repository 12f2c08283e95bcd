import type { Clock } from '../../clock.js';
import type { Weight } from '../../request.js';
import { waitOf } from './failures.js';

/** Changes of messages, no more than Slack takes from Kiln in one workspace. */
export interface Edits {
  /**
   * Sends a change when it is its turn. A final one resolves when it is through; progress is replaced by what comes
   * after it, and resolves at once when it has to wait.
   *
   * @param message unique for the message that it changes
   */
  edit(team: string, message: string, weight: Weight, send: () => Promise<unknown>): Promise<void>;
}

interface Change {
  readonly message: string;
  readonly weight: Weight;
  readonly send: () => Promise<unknown>;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
  refusals: number;
}

interface Lane {
  finals: Change[];
  /** The latest of each message, in the order they first asked. */
  readonly progress: Map<string, Change>;
  readonly busy: Set<string>;
  freeAt: number;
  waiting: boolean;
}

const mostRefusals = 8;

/**
 * One line of changes a workspace, `spacing` milliseconds apart: chat.update is for 50 a minute, whatever the number
 * of jobs. Final ones go first.
 *
 * @example await createEdits(clock).edit('T0FOX', 'C1/17.2', 'final', () => client.chat.update(message))
 */
export function createEdits(clock: Clock, spacing = 1250): Edits {
  const lanes = new Map<string, Lane>();

  function laneOf(team: string): Lane {
    const found = lanes.get(team);
    if (found) return found;
    const lane: Lane = { finals: [], progress: new Map(), busy: new Set(), freeAt: 0, waiting: false };
    lanes.set(team, lane);
    return lane;
  }

  function take(lane: Lane): Change | undefined {
    const free = ({ message }: Change) => !lane.busy.has(message);
    const final = lane.finals.find(free);
    if (final) {
      lane.finals = lane.finals.filter((change) => change !== final);
      return final;
    }
    const change = [...lane.progress.values()].find(free);
    if (change) lane.progress.delete(change.message);
    return change;
  }

  function pump(lane: Lane): void {
    const wait = lane.freeAt - clock.now();
    if (wait > 0) {
      if (lane.waiting || (lane.finals.length === 0 && lane.progress.size === 0)) return;
      lane.waiting = true;
      clock.after(wait, () => {
        lane.waiting = false;
        pump(lane);
      });
      return;
    }
    const change = take(lane);
    if (!change) return;
    lane.freeAt = clock.now() + spacing;
    lane.busy.add(change.message);
    void run(lane, change);
    pump(lane);
  }

  async function run(lane: Lane, change: Change): Promise<void> {
    try {
      await change.send();
      change.done();
    } catch (error) {
      const wait = waitOf(error);
      if (wait === undefined || change.refusals++ >= mostRefusals) change.failed(error);
      else putBack(lane, change, wait);
    } finally {
      lane.busy.delete(change.message);
      pump(lane);
    }
  }

  function putBack(lane: Lane, change: Change, wait: number): void {
    lane.freeAt = Math.max(lane.freeAt, clock.now() + wait);
    const { message, weight } = change;
    if (weight === 'final') lane.finals.unshift(change);
    else if (lane.progress.has(message) || lane.finals.some((other) => other.message === message))
      change.done();
    else lane.progress.set(message, change);
  }

  return {
    edit(team, message, weight, send) {
      const lane = laneOf(team);
      return new Promise((done, failed) => {
        const change: Change = { message, weight, send, done, failed, refusals: 0 };
        const before = lane.progress.get(message);
        if (weight === 'final') {
          lane.progress.delete(message);
          lane.finals.push(change);
        } else if (lane.finals.some((other) => other.message === message)) {
          done();
        } else {
          // Replacing keeps the place in the line.
          lane.progress.set(message, change);
        }
        before?.done();
        pump(lane);
        if (lane.progress.get(message) === change) done();
      });
    },
  };
}
