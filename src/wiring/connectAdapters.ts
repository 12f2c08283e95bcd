import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { createDiscordAdapter } from '../adapters/discord/start.js';
import { createPlaygroundAdapter } from '../adapters/playground/adapter.js';
import { isLoopback } from '../adapters/playground/guard.js';
import { createSlackAdapter } from '../adapters/slack/start.js';
import type { AdapterTools } from '../adapters/tools.js';
import { version } from '../cli/packageFolder.js';
import { type Clock, sleep } from '../clock.js';
import type { Config } from '../config/config.js';
import { UserError } from '../errors.js';
import type { Log } from '../log/log.js';
import type { Logger } from '../logger.js';
import type { Metrics } from '../metrics/metrics.js';
import type { Adapter, Platform } from '../request.js';
import { createDiskStorage } from '../storage/disk.js';
import { keptSecret } from './secrets.js';
import type { Studio } from './studio.js';

export interface Connected {
  readonly addresses: readonly string[];
  stop(): Promise<void>;
}

export interface ConnectOptions extends Pick<AdapterTools, 'commands' | 'handle' | 'suggest'> {
  readonly config: Config;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly studio: Studio;
  /** Filled with what is made here. */
  readonly adapters: Map<Platform, Adapter>;
  readonly stopping: AbortSignal;
}

/** Longest that the start waits for a platform; it goes on connecting after that. */
const patience = 20_000;
const longestPause = 60_000;

/**
 * Makes the adapter of each platform that has a token, and the playground, and connects them. A platform that cannot
 * be reached is tried again for as long as Kiln runs.
 *
 * @throws UserError when a port is taken or a token is refused
 */
export async function connectAdapters(options: ConnectOptions): Promise<Connected> {
  const { config, logger, clock, log, adapters, stopping } = options;
  const tools: AdapterTools = {
    ...{ commands: options.commands, handle: options.handle, suggest: options.suggest, clock, logger },
    admins: config.admins,
    memory: { get: (name) => log.kept(name), set: (name, value) => log.keep(name, value) },
  };
  const playground = await makePlayground(options, tools);
  adapters.set('playground', playground);
  if (config.discord) adapters.set('discord', createDiscordAdapter({ ...tools, ...config.discord }));
  if (config.slack) {
    const words = config.secret ?? (await keptSecret(join(config.dataFolder, 'secret')));
    const secret = createHash('sha256').update(words).digest();
    adapters.set(
      'slack',
      createSlackAdapter({ ...tools, ...config.slack, host: config.playground.host, secret }),
    );
  }

  await playground.start();
  const others = [...adapters.values()].filter((adapter) => adapter !== playground);
  await Promise.all(others.map((adapter) => start(adapter)));

  async function start(adapter: Adapter): Promise<void> {
    const started = adapter.start();
    const late = Symbol('late');
    const first = await Promise.race([
      started.catch((error: unknown) => error ?? late),
      sleep(clock, patience).then(() => late),
    ]);
    if (first === undefined) return;
    if (first instanceof UserError) throw first;
    if (first !== late) logger.warn({ error: first, platform: adapter.platform }, 'could not connect');
    void goOn(adapter, started);
  }

  async function goOn(adapter: Adapter, started: Promise<void>): Promise<void> {
    let trying = started;
    for (let attempt = 1; !stopping.aborted; attempt++) {
      try {
        await trying;
        return;
      } catch (error) {
        logger.warn({ error, platform: adapter.platform, attempt }, 'could not connect');
      }
      await sleep(clock, Math.min(longestPause, 1000 * 2 ** attempt), stopping).catch(() => {});
      if (stopping.aborted) return;
      trying = adapter.start();
      trying.catch(() => {});
    }
  }

  return {
    addresses: [
      playground.address,
      ...(adapters.get('slack') && !config.slack?.appToken
        ? [`http://${config.playground.host}:${config.slack?.port}/slack/events`]
        : []),
    ],
    async stop() {
      await Promise.allSettled([...adapters.values()].map((adapter) => adapter.stop()));
    },
  };
}

async function makePlayground(options: ConnectOptions, tools: AdapterTools) {
  const { config, metrics, studio, adapters } = options;
  // Apart from the jobs' own, so that what leaves the chat can go without asking who else has it.
  const files = createDiskStorage(join(config.dataFolder, 'playground'));
  const { host, port } = config.playground;
  const token =
    config.playground.token ??
    (isLoopback(host) ? undefined : await keptSecret(join(config.dataFolder, 'token')));
  return createPlaygroundAdapter({
    ...tools,
    ...{ host, port, token, version: version() },
    keepUpload: (bytes, ending) => files.put(bytes, ending),
    picture: (key) => files.get(key),
    files,
    metrics: metrics.page,
    health() {
      const reasons = studio.ready ? [] : [studio.problem ?? 'the model is being loaded'];
      for (const adapter of adapters.values()) {
        if (!adapter.ready) reasons.push(`${adapter.platform} is not connected`);
      }
      return { ready: reasons.length === 0, reasons };
    },
  });
}
