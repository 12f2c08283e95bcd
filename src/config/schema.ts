import { z } from 'zod';
import { type Device, qualities } from '../job.js';
import { isDevice } from './device.js';

const text = () => z.string().optional();
const whole = (least: number, most: number) => {
  const wanted = `a whole number from ${least} to ${most}`;
  return z.coerce.number(wanted).int(wanted).min(least, wanted).max(most, wanted);
};
const address = () =>
  z.url({ protocol: /^https?$/, error: 'an address that starts with https:// or http://' });

/** Every variable that Kiln reads, with what it means and what holds when it is not set. `.env.example` shows the same. */
export const environmentSchema = z.object({
  KILN_DATA: z
    .string()
    .default('./data')
    .describe('Folder for what Kiln keeps: the log, pictures, converted weights, downloaded models.'),
  KILN_MODELS: text().describe(
    'Folders of models, separated by ":" (";" on Windows): subfolders and .safetensors files. Not set: "models" in KILN_DATA.',
  ),
  KILN_MODEL: z
    .string()
    .default('sprite')
    .describe('The model to draw with: a name, a folder, or a .safetensors file.'),
  KILN_VAE: text().describe(
    'A VAE in place of that of KILN_MODEL: a name in the folder "vae" of KILN_MODELS, or a file. Not set: its own.',
  ),
  KILN_QUALITY: z
    .enum(qualities, 'exact, balanced or fast')
    .default('exact')
    .describe(
      'How much speed is worth unless asked otherwise: exact, balanced or fast. docs/quality.md has what each loses.',
    ),
  KILN_DEVICE: z
    .custom<Device>(
      (value) => typeof value === 'string' && isDevice(value),
      'auto, cpu, webgpu, cuda or cuda:N',
    )
    .default('auto')
    .describe(
      'Where the networks run: auto, cpu, webgpu, cuda or cuda:N. "auto" never picks a software adapter.',
    ),
  KILN_THREADS: whole(1, 1024)
    .optional()
    .describe('Threads that draw on the CPU, at most as many as there are cores. Not set: one a core.'),
  KILN_SLOTS: whole(1, 64)
    .optional()
    .describe('Jobs that are drawn at once. Not set: as many as the model gains from.'),
  KILN_WARM_MODELS: whole(1, 16)
    .default(2)
    .describe('Models that stay loaded; a third one takes the place of the one used longest ago.'),
  KILN_WARM_SIZES: z
    .string()
    .regex(/^\d+x\d+(,\d+x\d+)*$/, 'sizes as 512x512,512x768')
    .optional()
    .describe(
      "Sizes that KILN_MODEL is warmed up at when Kiln starts, as 512x512,512x768. Not set: the model's own.",
    ),
  KILN_MEMORY_MB: whole(256, 10_000_000)
    .optional()
    .describe(
      "Memory for all loaded models together. Not set: three quarters of this machine's; on a GPU no limit.",
    ),

  KILN_HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Where the playground listens. Anything but this machine itself asks for KILN_TOKEN.'),
  KILN_PORT: whole(0, 65_535)
    .default(3000)
    .describe('The port of the playground, /healthz, /readyz and /metrics. 0 takes a free one.'),
  KILN_TOKEN: z
    .string('a token of at least 16 characters')
    .min(16, 'a token of at least 16 characters')
    .optional()
    .describe('What people log in to the playground with, from elsewhere. Not set: made in KILN_DATA.'),
  KILN_ADMINS: text().describe(
    'People who are admins everywhere, separated by commas, as discord:80351110224678912 or slack:T012/U034.',
  ),
  DATABASE_URL: text().describe('Where the log is. Not set: SQLite, as file:kiln.db in KILN_DATA.'),
  KILN_SECRET: z
    .string('at least 32 characters')
    .min(32, 'at least 32 characters')
    .optional()
    .describe("What Slack's tokens are encrypted with. Not set: made in KILN_DATA, readable by you alone."),

  KILN_QUOTA: whole(1, 1_000_000)
    .optional()
    .describe(
      'Pictures a person may ask for in 24 hours. Not set: as many as they like; /settings changes it.',
    ),
  KILN_RUNNING_EACH: whole(1, 64).default(2).describe('Jobs of one person that are drawn at once.'),
  KILN_WAITING_EACH: whole(1, 10_000).default(50).describe('Jobs of one person that may wait.'),
  KILN_WAITING: whole(1, 100_000).default(1000).describe('Jobs of everybody that may wait.'),
  KILN_KEEP_DAYS: whole(1, 36_500)
    .default(30)
    .describe('Days after which a job, its prompt and its pictures are deleted.'),
  KILN_FORBIDDEN: text().describe(
    "Words and phrases that no prompt may have, separated by commas; /settings adds a server's own.",
  ),
  KILN_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error'], 'debug, info, warn or error')
    .default('info')
    .describe(
      'What is written to stderr, as JSON lines: debug, info, warn or error. Never prompts or tokens.',
    ),

  HF_ENDPOINT: address()
    .default('https://huggingface.co')
    .describe('The hub that kiln pull asks, or a mirror of it.'),
  HF_TOKEN: z
    .string('a token, as hf_…')
    .regex(/^[\x21-\x7e]{1,500}$/, 'a token, as hf_…')
    .optional()
    .describe('A token for gated and private repos of that hub (hf_…); it goes to no other host.'),

  PIP_INDEX_URL: address()
    .default('https://pypi.org/simple')
    .describe('The package index that kiln gpu install asks, as pip does: PyPI, or a mirror of it.'),

  DISCORD_TOKEN: text().describe("The bot's token. Set, Kiln serves Discord."),
  DISCORD_API_URL: address()
    .optional()
    .describe("Discord's REST address, without /v10. Not set: Discord itself."),
  DISCORD_GUILDS: text().describe(
    'Ids of the servers to register commands in, separated by commas. Not set: everywhere.',
  ),
  DISCORD_SHARDS: z
    .union([z.literal('auto'), whole(1, 1000)], 'auto, or a whole number from 1 to 1000')
    .default('auto')
    .describe('Connections to share the servers between: auto, or a number.'),

  SLACK_BOT_TOKEN: text().describe("The bot's token (xoxb-…). Set, Kiln serves Slack."),
  SLACK_APP_TOKEN: text().describe('An app-level token (xapp-…). Set, Kiln connects by Socket Mode.'),
  SLACK_SIGNING_SECRET: text().describe('What Slack signs with; needed without Socket Mode.'),
  SLACK_PORT: whole(0, 65_535)
    .default(3001)
    .describe('The port that Slack sends to, at /slack/events, without Socket Mode.'),
  SLACK_API_URL: address().optional().describe("Slack's Web API, ending in /api/. Not set: Slack itself."),
  SLACK_CLIENT_ID: text().describe('For many workspaces: the OAuth client id, in place of SLACK_BOT_TOKEN.'),
  SLACK_CLIENT_SECRET: text().describe('For many workspaces: the OAuth client secret.'),
});
