import { delimiter, join } from 'node:path';
import type { z } from 'zod';
import { UserError } from '../errors.js';
import type { Device, Quality } from '../job.js';
import { cudaFolderIn } from './cudaFolder.js';
import { type Environment, readEnvironment } from './environment.js';
import { environmentSchema } from './schema.js';

export interface Config {
  /** What Kiln keeps. */
  readonly dataFolder: string;
  /** Converted weights and what is known of files; may be deleted at any time. */
  readonly cacheFolder: string;
  /** CUDA's libraries, where they were installed for Kiln alone. */
  readonly cudaFolder: string;
  /** Folders whose subfolders and `.safetensors` files are models; the first that has a name wins. */
  readonly modelFolders: readonly string[];
  /** A name, a folder, or a file. */
  readonly model: string;
  /** A VAE in place of that of `model`: a name, or a file. */
  readonly vae: string | undefined;
  /** Where nothing else is asked for. */
  readonly quality: Quality;
  readonly device: Device;
  readonly threads: number | undefined;
  readonly slots: number | undefined;
  readonly warmModels: number;
  /** Pixels; undefined for the model's own size. */
  readonly warmSizes: readonly { readonly width: number; readonly height: number }[] | undefined;
  readonly memoryMb: number | undefined;
  readonly logLevel: string;
  readonly databaseUrl: string;
  /** People's keys. */
  readonly admins: readonly string[];
  readonly secret: string | undefined;
  readonly limits: {
    readonly quota: number | undefined;
    readonly runningEach: number;
    readonly waitingEach: number;
    readonly waiting: number;
    readonly keepDays: number;
    readonly forbidden: readonly string[];
  };
  readonly playground: {
    readonly host: string;
    readonly port: number;
    readonly token: string | undefined;
  };
  /** Where models are pulled from. */
  readonly hub: {
    /** Without a slash at its end. */
    readonly endpoint: string;
    readonly token: string | undefined;
  };
  /** Where the libraries of `kiln gpu install` come from. */
  readonly packages: {
    /** Without a slash at its end, and without what it is logged in to with. */
    readonly endpoint: string;
    /** Name and password, as `name:password` in base64. */
    readonly token: string | undefined;
  };
  /** Undefined where Kiln does not serve Discord. */
  readonly discord:
    | {
        readonly token: string;
        readonly apiUrl: string | undefined;
        readonly guilds: readonly string[];
        readonly shards: number | 'auto';
      }
    | undefined;
  /** Undefined where Kiln does not serve Slack. */
  readonly slack:
    | {
        readonly botToken: string | undefined;
        readonly appToken: string | undefined;
        readonly signingSecret: string | undefined;
        readonly port: number;
        readonly apiUrl: string | undefined;
        readonly clientId: string | undefined;
        readonly clientSecret: string | undefined;
      }
    | undefined;
  /** All that was read, for the engine to take `PATH` and the like from. */
  readonly environment: Environment;
}

/**
 * Reads the environment, and `.env` in the working folder for what the environment does not set.
 *
 * @throws UserError `bad-option`: one sentence that lists everything wrong
 * @example const { model, device } = loadConfig();
 */
export function loadConfig(): Config {
  return configFrom(readEnvironment());
}

/**
 * Checks an environment; a variable set to nothing counts as not set.
 *
 * @throws UserError `bad-option`: one sentence that lists everything wrong
 * @example configFrom({ KILN_DEVICE: 'cpu' }).device; // 'cpu'
 */
export function configFrom(environment: Environment): Config {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = environmentSchema.safeParse(set);
  if (!result.success) {
    const problems = result.error.issues.map(({ path, message }) => {
      const name = String(path[0]);
      // A secret that is mistyped is a secret all the same.
      const found = /TOKEN|SECRET|PIP_INDEX/.test(name) ? 'something else' : JSON.stringify(set[name]);
      return `${name} is ${found}, want ${message}`;
    });
    throw new UserError('bad-option', `Cannot read the settings: ${problems.join('; ')}`);
  }
  return freeze(configOf(result.data, environment));
}

function configOf(env: z.output<typeof environmentSchema>, environment: Environment): Config {
  return {
    dataFolder: env.KILN_DATA,
    cacheFolder: join(env.KILN_DATA, 'cache'),
    cudaFolder: cudaFolderIn(env.KILN_DATA),
    modelFolders: env.KILN_MODELS?.split(delimiter).filter(Boolean) ?? [join(env.KILN_DATA, 'models')],
    model: env.KILN_MODEL,
    vae: env.KILN_VAE,
    quality: env.KILN_QUALITY,
    device: env.KILN_DEVICE,
    threads: env.KILN_THREADS,
    slots: env.KILN_SLOTS,
    warmModels: env.KILN_WARM_MODELS,
    warmSizes: env.KILN_WARM_SIZES?.split(',').map(sizeOf),
    memoryMb: env.KILN_MEMORY_MB,
    logLevel: env.KILN_LOG_LEVEL,
    databaseUrl: env.DATABASE_URL ?? `file:${join(env.KILN_DATA, 'kiln.db')}`,
    admins: list(env.KILN_ADMINS),
    secret: env.KILN_SECRET,
    limits: {
      quota: env.KILN_QUOTA,
      runningEach: env.KILN_RUNNING_EACH,
      waitingEach: env.KILN_WAITING_EACH,
      waiting: env.KILN_WAITING,
      keepDays: env.KILN_KEEP_DAYS,
      forbidden: list(env.KILN_FORBIDDEN),
    },
    playground: { host: env.KILN_HOST, port: env.KILN_PORT, token: env.KILN_TOKEN },
    hub: { endpoint: env.HF_ENDPOINT.replace(/\/+$/, ''), token: env.HF_TOKEN },
    packages: packagesOf(env),
    discord: discordOf(env),
    slack: slackOf(env),
    environment: { ...environment },
  };
}

/** Mirrors are often given with a name and a password in their address, which no request may have there. */
function packagesOf({ PIP_INDEX_URL }: z.output<typeof environmentSchema>): Config['packages'] {
  const url = new URL(PIP_INDEX_URL);
  const login = [url.username, url.password].map(unescaped).join(':');
  const token = url.username === '' ? undefined : Buffer.from(login).toString('base64');
  url.username = url.password = '';
  return { endpoint: url.href.replace(/\/+$/, ''), token };
}

/** A password with a bare % is what it is, as pip has it. */
function unescaped(part: string): string {
  return part.replace(/(%[\da-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}

function discordOf(env: z.output<typeof environmentSchema>): Config['discord'] {
  if (env.DISCORD_TOKEN === undefined) return undefined;
  return {
    token: env.DISCORD_TOKEN,
    apiUrl: env.DISCORD_API_URL,
    guilds: list(env.DISCORD_GUILDS),
    shards: env.DISCORD_SHARDS,
  };
}

function slackOf(env: z.output<typeof environmentSchema>): Config['slack'] {
  const many = env.SLACK_CLIENT_ID !== undefined && env.SLACK_CLIENT_SECRET !== undefined;
  if (env.SLACK_BOT_TOKEN === undefined && !many) return undefined;
  if (env.SLACK_APP_TOKEN === undefined && env.SLACK_SIGNING_SECRET === undefined) {
    throw new UserError(
      'bad-option',
      'Cannot read the settings: Slack has a bot token and no way in, want SLACK_APP_TOKEN or SLACK_SIGNING_SECRET too',
    );
  }
  return {
    botToken: env.SLACK_BOT_TOKEN,
    appToken: env.SLACK_APP_TOKEN,
    signingSecret: env.SLACK_SIGNING_SECRET,
    port: env.SLACK_PORT,
    apiUrl: env.SLACK_API_URL,
    clientId: env.SLACK_CLIENT_ID,
    clientSecret: env.SLACK_CLIENT_SECRET,
  };
}

function sizeOf(text: string): { width: number; height: number } {
  const [width, height] = text.split('x').map(Number);
  return { width: width!, height: height! };
}

function list(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function freeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(freeze);
  return Object.freeze(value);
}
