import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Job } from '../../src/log/log.js';
import { openPrismaLog } from '../../src/log/prisma/open.js';
import { type FakeDiscord, type FakeDiscordOptions, startFakeDiscord } from '../fakes/discord/fakeDiscord.js';
import type { Seen } from '../fakes/discord/seen.js';
import type { Channel } from '../fakes/discord/world.js';
import { type FastClock, fastClock } from '../fixtures/fast-clock.js';
import { type Room, startRoom } from '../fixtures/room.js';

/** A whole Kiln in a fake Discord, both by one clock. */
export interface Stage {
  readonly discord: FakeDiscord;
  readonly room: Room;
  readonly clock: FastClock;
  /** Moves the time on, once nothing is on its way that a token which dies meanwhile would fail. */
  pass(milliseconds: number): Promise<void>;
  /** What the log holds of all jobs, the newest first. */
  jobs(): Promise<readonly Job[]>;
}

export interface StageOptions {
  /** One for each test, or one for all of the file. */
  readonly each: 'test' | 'file';
  /** What Kiln is started with, which may know of people that were there before. */
  readonly env?: Readonly<Record<string, string>> | ((discord: FakeDiscord) => Record<string, string>);
  readonly fake?: FakeDiscordOptions;
  /** How fast the clock runs. */
  readonly factor?: number;
  /** Whether the built-in model draws in place of the stand-in. */
  readonly real?: boolean;
}

/**
 * Sets up a stage for the tests of a file; each ends with no rule of Discord's broken.
 *
 * @example const stage = discordStage({ each: 'file', env: { KILN_SLOTS: '1' } });
 */
export function discordStage({ each, env = {}, fake = {}, factor, real }: StageOptions): Stage {
  let discord: FakeDiscord;
  let room: Room;
  let clock: FastClock;
  let end: () => Promise<void> = async () => {};

  const begin = async () => {
    clock = fastClock(factor);
    discord = await startFakeDiscord({ identifyWindow: 0, now: clock.now, ...fake });
    discord.guild();
    room = await startRoom({
      ...{ discord, clock, real, until: (ends) => (end = ends) },
      env: typeof env === 'function' ? env(discord) : env,
    });
  };
  const finish = async () => {
    await end();
    await discord.close();
    discord.assertNoBreach();
  };
  if (each === 'file') {
    beforeAll(begin);
    afterEach(() => {
      try {
        discord.assertNoBreach();
      } finally {
        discord.forgive(/./);
      }
    });
    afterAll(finish);
  } else {
    beforeEach(begin);
    afterEach(finish);
  }

  return {
    get discord() {
      return discord;
    },
    get room() {
      return room;
    },
    get clock() {
      return clock;
    },
    async pass(milliseconds) {
      for (let seen = -1; seen !== discord.posts.length; await later(200)) seen = discord.posts.length;
      clock.skip(milliseconds);
    },
    async jobs() {
      const log = await openPrismaLog({ url: `file:${join(room.folder, 'kiln.db')}`, clock });
      try {
        return (await log.find({}, { skip: 0, take: 1000 })).jobs;
      } finally {
        await log.close();
      }
    },
  };
}

/** Whether a message says where its job stands in the line, or how far it is. */
export const waits = ({ content }: Seen): boolean => content.includes('In line: place');
export const isDrawn = ({ content }: Seen): boolean => content.includes('Drawing:');

/** Whether a message shows what was asked for, with its buttons. */
export const drawn = ({ files, buttons, content }: Seen): boolean =>
  files.length === 1 && buttons.some(({ label }) => label === 'Info') && !content.includes('Drawing');

/** The messages of a channel that show a picture with its buttons. */
export function pictures(discord: FakeDiscord, channel: Channel): readonly Seen[] {
  return discord.messages(channel).filter(drawn);
}
