import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { FakeSlack, FakeSlackOptions } from '../fakes/slack/contract.js';
import { startFakeSlack } from '../fakes/slack/fakeSlack.js';
import type { Seen } from '../fakes/slack/seen.js';
import type { Channel } from '../fakes/slack/world.js';
import { type FastClock, fastClock } from '../fixtures/fast-clock.js';
import { type Room, startRoom } from '../fixtures/room.js';

/** A job's row, as far as these tests look at it. */
export interface Row {
  readonly id: string;
  readonly key: string;
  readonly state: string;
  readonly kind: string;
  readonly prompt: string;
  readonly errorCode: string | null;
  readonly attempt: number;
  readonly target: string;
  readonly seed: number;
  readonly told: number;
}

/** A whole Kiln in a fake Slack, both by one clock. */
export interface Stage {
  readonly slack: FakeSlack;
  readonly room: Room;
  readonly clock: FastClock;
  /** What the log holds of all jobs, the newest last. */
  rows(): readonly Row[];
  /** Changes the log behind Kiln's back, as a crash would leave it. */
  write(sql: string, ...values: readonly unknown[]): void;
  /** The message of a channel that shows the picture for this prompt. */
  picture(channel: Channel, prompt: string): Promise<Seen>;
  /** Resolves when every job has ended, and its end was shown. */
  ended(): Promise<readonly Row[]>;
  /** Resolves when Kiln can be reached. */
  connected(): Promise<void>;
}

export interface StageOptions {
  /** One for each test, or one for all of the file. */
  readonly each: 'test' | 'file';
  readonly http?: boolean;
  /** How fast the clock runs. */
  readonly speed?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly fake?: FakeSlackOptions;
}

/**
 * Sets up a stage for the tests of a file; each ends with no rule of Slack's broken.
 *
 * @example const stage = slackStage({ each: 'file', env: { KILN_SLOTS: '1' } });
 */
export function slackStage({ each, http = false, speed = 8, env = {}, fake = {} }: StageOptions): Stage {
  let slack: FakeSlack;
  let room: Room;
  let clock: FastClock;
  let end: () => Promise<void> = async () => {};

  const begin = async () => {
    clock = fastClock(speed);
    const { now, after } = clock;
    slack = await startFakeSlack({ now, after, ...fake });
    const port = http ? await freePort() : undefined;
    if (port) slack.eventsUrl = `http://127.0.0.1:${port}/slack/events`;
    room = await startRoom({ slack, slackPort: port, clock, env, until: (ends) => (end = ends) });
    await stage.connected();
  };
  const finish = async () => {
    await end();
    await slack.close();
    slack.assertNoBreach();
  };
  if (each === 'file') {
    beforeAll(begin);
    afterEach(() => slack.assertNoBreach());
    afterAll(finish);
  } else {
    beforeEach(begin);
    afterEach(finish);
  }

  function inDatabase<Value>(work: (database: Database.Database) => Value): Value {
    const database = new Database(join(room.folder, 'kiln.db'), { timeout: 5000 });
    try {
      return work(database);
    } finally {
      database.close();
    }
  }

  const stage: Stage = {
    get slack() {
      return slack;
    },
    get room() {
      return room;
    },
    get clock() {
      return clock;
    },
    rows: () => inDatabase((database) => database.prepare<[], Row>('SELECT * FROM Job ORDER BY id').all()),
    write: (sql, ...values) => void inDatabase((database) => database.prepare(sql).run(...values)),
    picture: (channel, prompt) =>
      slack.until(
        () => slack.messages(channel).find((one) => drawn(one) && one.shown.includes(prompt)),
        `the picture of ${prompt}`,
        20_000,
      ),
    async ended() {
      const left = () => stage.rows().filter(({ state, told }) => state !== 'delivered' && told !== 1);
      await slack
        .until(() => left().length === 0, 'the end', 20_000)
        .catch(() => {
          throw new Error(`These did not end: ${left().map(({ prompt, state }) => `${prompt} (${state})`)}`);
        });
      return stage.rows();
    },
    async connected() {
      if (!slack.eventsUrl) await slack.until(() => slack.sockets > 0, 'a socket');
    },
  };
  return stage;
}

/** Whether a message shows what was asked for, with its buttons. */
export const drawn = ({ images, buttons, shown }: Seen): boolean =>
  images.length === 1 && buttons.includes('Info') && !shown.includes('Drawing');

/** What a message says, with what stands on one line on one line. */
export const told = ({ shown }: Seen): string => shown.replaceAll(/\n(?=: )/g, '');

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
