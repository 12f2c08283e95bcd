import { z } from 'zod';
import { defineCommand, hints, type Tools } from '../src/command.js';
import { UserError } from '../src/errors.js';
import { qualities } from '../src/job.js';
import type { RoomSettings } from '../src/log/log.js';
import type { Place, Text } from '../src/request.js';
import { serverOf } from './drawing/serverOf.js';

const off = 'off';
const whole = (least: number, most: number, about: string, label: string) =>
  z
    .string()
    .regex(/^(off|\d{1,6})$/, `want a whole number from ${least} to ${most}, or off`)
    .refine(
      (text) => text === off || (Number(text) >= least && Number(text) <= most),
      `want a whole number from ${least} to ${most}, or off`,
    )
    .optional()
    .describe(about)
    .register(hints, { label });
const text = (most: number, about: string, label: string) =>
  z.string().max(most).optional().describe(about).register(hints, { label });
const yesNo = (about: string, label: string) =>
  z.enum(['on', off]).optional().describe(about).register(hints, { label });

/** What holds in a server or one of its channels. */
export const settings = defineCommand({
  name: 'settings',
  about: 'Show or change what holds in this server or channel',
  localized: { de: { name: 'einstellungen', about: 'Zeigen oder ändern, was hier gilt' } },
  options: z.object({
    scope: z
      .enum(['channel', 'server'])
      .default('channel')
      .describe('Whether it is for this channel, or the whole server')
      .register(hints, { label: 'For' }),
    model: z
      .string()
      .max(100)
      .optional()
      .describe('The model that draws unless asked otherwise; off takes it back')
      .register(hints, { label: 'Model', suggest: 'models' }),
    width: whole(8, 2048, 'Pixels of a picture unless asked otherwise; off takes it back', 'Width'),
    height: whole(8, 2048, 'Pixels of a picture unless asked otherwise; off takes it back', 'Height'),
    steps: whole(1, 1000, 'Steps unless asked otherwise; off takes it back', 'Steps'),
    quality: z
      .enum([...qualities, off])
      .optional()
      .describe('How much speed is worth unless asked otherwise; off takes it back')
      .register(hints, { label: 'Quality' }),
    max_steps: whole(1, 1000, 'Most steps that may be asked for; off takes it back', 'Most steps'),
    max_side: whole(8, 2048, 'Most pixels a side that may be asked for; off takes it back', 'Most pixels'),
    max_count: whole(1, 4, 'Most pictures of one request; off takes it back', 'Most pictures'),
    quota: whole(0, 100_000, 'Pictures a person may ask for in 24 hours; off takes it back', 'Quota'),
    roles: text(1000, 'Only these roles may draw, by id or mention; off lets everybody', 'Roles'),
    nsfw: z
      .enum(['block', 'age-restricted', off])
      .optional()
      .describe('Flagged pictures: never shown, or shown in age-restricted channels')
      .register(hints, { label: 'Flagged pictures' }),
    unchecked: yesNo('Models without a safety checker may draw here', 'Unchecked models'),
    forbidden: text(2000, 'Words no prompt may have, between commas; off takes them back', 'Forbidden words'),
    reports: text(60, 'The channel that reports go to, by id or mention; off takes it back', 'Reports'),
  }),
  who: 'admin',
  ways: ['typed'],

  async run({ options, place }, tools, responder) {
    const { scope, ...given } = options;
    const changes = changesOf(given, tools, place, await tools.settings(place));
    if (Object.keys(changes).length > 0) {
      const channel = scope === 'channel' && place.server !== undefined ? place.channel : undefined;
      await tools.log.set(serverOf(place), channel, changes);
    }
    // What admins here have said; what Kiln was started with is not theirs to read.
    const now = await tools.log.settings(serverOf(place), place.channel);
    await responder.show({ text: [headline(changes, scope), ...describe(now)], private: true });
  },
});

type Changes = { -readonly [name in keyof RoomSettings]?: RoomSettings[name] | null };

function changesOf(
  options: Readonly<Record<string, string | undefined>>,
  tools: Tools,
  place: Place,
  now: RoomSettings,
): Changes {
  const changes: Changes = {};
  const number = (name: string) => (options[name] === off ? null : Number(options[name]));
  const numbers = {
    width: 'width',
    height: 'height',
    steps: 'steps',
    max_steps: 'maxSteps',
    max_side: 'maxSide',
    max_count: 'maxCount',
    quota: 'quota',
  } as const;
  for (const [name, setting] of Object.entries(numbers)) {
    if (options[name] !== undefined) changes[setting] = number(name);
  }
  if (options.model !== undefined) {
    changes.model = options.model === off ? null : tools.models.get(options.model).name;
  }
  const { multiple } = tools.models.get(changes.model ?? now.model ?? tools.models.list()[0]!.name);
  for (const side of ['width', 'height'] as const) {
    const value = changes[side];
    if (typeof value === 'number' && value % multiple !== 0) {
      throw new UserError('bad-option', `Cannot set ${side} to ${value}: want a multiple of ${multiple}`);
    }
  }
  if (options.roles !== undefined && options.roles !== off && place.platform !== 'discord') {
    throw new UserError('bad-option', 'Cannot set roles here: want Discord, where people have roles');
  }
  if (options.roles !== undefined)
    changes.roles = options.roles === off ? null : ids(options.roles, 'roles', place);
  if (options.nsfw !== undefined)
    changes.nsfw = options.nsfw === off ? null : (options.nsfw as RoomSettings['nsfw']);
  if (options.quality !== undefined)
    changes.quality = options.quality === off ? null : (options.quality as RoomSettings['quality']);
  if (options.unchecked !== undefined) changes.unchecked = options.unchecked === 'on';
  if (options.forbidden !== undefined) {
    const words = options.forbidden.split(',').map((word) => word.trim());
    changes.forbidden = options.forbidden === off ? null : words.filter((word) => word !== '');
  }
  if (options.reports !== undefined) {
    changes.reports = options.reports === off ? null : ids(options.reports, 'reports', place)[0];
  }
  return changes;
}

/** Ids, or mentions with ids in them: <@&42>, <#42>, <#C42|name>, <!subteam^S42>. */
function ids(value: string, name: string, place: Place): string[] {
  const pattern = place.platform === 'discord' ? /\d{5,25}/g : /[A-Z0-9]{5,25}|\d{5,25}|[a-z]+/g;
  const found = value.match(pattern) ?? [];
  if (found.length > 0) return [...new Set(found)];
  throw new UserError(
    'bad-option',
    `Cannot set ${name} to ${JSON.stringify(value.slice(0, 60))}: want ids or mentions`,
  );
}

function headline(changes: Changes, scope: string): string {
  const names = Object.keys(changes);
  return names.length === 0
    ? 'What holds here:'
    : `Changed for this ${scope}: ${names.join(', ')}. What holds here now:`;
}

function describe(settings: RoomSettings): Text {
  const entries = Object.entries(settings).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  if (entries.length === 0) return ['\nNothing but what Kiln does anyway.'];
  return entries.flatMap(([name, value]) => [
    '\n',
    { bold: name },
    `: ${Array.isArray(value) ? value.join(', ') : value === true ? 'on' : value === false ? 'off' : value}`,
  ]);
}
