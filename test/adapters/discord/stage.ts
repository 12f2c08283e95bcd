import { createDiscordAdapter, type DiscordOptions } from '../../../src/adapters/discord/start.js';
import { silentLogger } from '../../../src/logger.js';
import type { Adapter, Handle, Request, Responder, Target } from '../../../src/request.js';
import { type FakeDiscordOptions, startFakeDiscord } from '../../fakes/discord/fakeDiscord.js';
import { createLeapClock } from '../../fixtures/leapClock.js';
import { someCommands } from './someCommands.js';

export interface Asked {
  readonly request: Request;
  readonly responder: Responder;
}

/**
 * The adapter, connected to a fake Discord by the real discord.js, in front of a `handle` that only writes down what
 * is asked, or does what a test says.
 */
export async function createStage(
  options: Partial<DiscordOptions> & { readonly handle?: Handle; readonly fake?: FakeDiscordOptions } = {},
) {
  const clock = createLeapClock();
  const discord = await startFakeDiscord({ identifyWindow: 0, now: clock.now, ...options.fake });
  const guild = discord.guild();
  const channel = discord.channel();
  const kept = new Map<string, string | undefined>();
  const asked: Asked[] = [];
  const adapters: Adapter[] = [];

  const make = (changes: Partial<DiscordOptions> = {}) => {
    const adapter = createDiscordAdapter({
      commands: someCommands,
      clock,
      logger: silentLogger,
      admins: [],
      suggest: async () => [],
      memory: {
        get: async (name) => kept.get(name),
        set: async (name, value) => void kept.set(name, value),
      },
      token: discord.token,
      apiUrl: discord.apiUrl,
      ...options,
      ...changes,
      async handle(request, responder) {
        asked.push({ request, responder });
        await options.handle?.(request, responder);
      },
    });
    adapters.push(adapter);
    return adapter;
  };

  const connect = async (changes: Partial<DiscordOptions> = {}) => {
    const adapter = make(changes);
    await adapter.start();
    return adapter;
  };

  return {
    discord,
    clock,
    guild,
    channel,
    kept,
    asked,
    make,
    connect,
    /** What was asked the nth time, from 0. */
    next: (index = 0) => discord.until(() => asked[index]),
    async close() {
      await Promise.all(adapters.map((adapter) => adapter.stop()));
      await discord.close();
      discord.assertNoBreach();
    },
  };
}

export type Stage = Awaited<ReturnType<typeof createStage>>;

/** A target as it comes out of the log. */
export const fromLog = (target: Target): Target => JSON.parse(JSON.stringify(target));

/** A picture of one pixel. */
export const dot = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg==',
  'base64',
);
