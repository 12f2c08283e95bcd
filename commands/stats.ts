import { z } from 'zod';
import { defineCommand, hints } from '../src/command.js';
import type { Percentiles, Stats } from '../src/log/log.js';
import type { Text } from '../src/request.js';

const hour = 60 * 60 * 1000;
/** How far back stats may look, in milliseconds. */
export const periods = {
  hour,
  day: 24 * hour,
  week: 7 * 24 * hour,
  month: 30 * 24 * hour,
  year: 365 * 24 * hour,
};
type Period = keyof typeof periods;

/** What was drawn, for whom, and how fast, for admins. */
export const stats = defineCommand({
  name: 'stats',
  about: 'Show what was drawn here, for whom and how fast',
  localized: { de: { name: 'statistik', about: 'Zeigen, was hier gezeichnet wurde und wie schnell' } },
  options: z.object({
    period: z
      .enum(Object.keys(periods) as [Period, ...Period[]])
      .default('day')
      .describe('How far back')
      .register(hints, { label: 'Period', rest: true }),
    person: z
      .string()
      .max(100)
      .optional()
      .describe("One person's only: their id or a mention")
      .register(hints, { label: 'Person', aliases: ['user'] }),
    channel: z
      .string()
      .max(100)
      .optional()
      .describe("One channel's only: its id or a mention")
      .register(hints, { label: 'Channel' }),
    model: z
      .string()
      .max(100)
      .optional()
      .describe("One model's only")
      .register(hints, { label: 'Model', suggest: 'models' }),
    csv: z.boolean().optional().describe('As a table too').register(hints, { label: 'CSV' }),
  }),
  who: 'admin',
  ways: ['typed'],

  async run({ options, place, person }, tools, responder) {
    await responder.acknowledge({ private: true });
    const to = tools.clock.now();
    const from = to - periods[options.period];
    // An admin of one server sees that server; the playground is the machine's owner's, who sees all.
    const everywhere = place.platform === 'playground';
    const found = await tools.log.stats({
      from,
      to,
      platform: everywhere ? undefined : place.platform,
      server: everywhere ? undefined : place.server,
      channel: place.server === undefined && !everywhere ? place.channel : bare(options.channel),
      person: options.person === undefined ? undefined : personKey(options.person, person.key),
      model: options.model,
    });
    const name = `kiln-stats-${options.period}`;
    const chart = await tools.statsChart(found);
    await responder.show({
      text: describe(found, options.period),
      pictures: [{ name: `${name}.png`, bytes: chart, type: 'image/png', alt: altOf(found, options.period) }],
      files: options.csv
        ? [{ name: `${name}.csv`, bytes: Buffer.from(statsCsv(found)), type: 'text/csv' }]
        : [],
      private: true,
    });
  },
});

/** `<@!42>` and `42` are one. */
function bare(id: string | undefined): string | undefined {
  return id?.match(/[A-Za-z0-9]{3,}/)?.[0] ?? id;
}

/** The same platform and workspace as the asker's. */
function personKey(typed: string, asker: string): string {
  if (/^(discord|slack|playground):/.test(typed)) return typed;
  // In the playground people go by names, which may have spaces.
  const id = asker.startsWith('playground:') ? typed : bare(typed);
  return `${asker.slice(0, Math.max(asker.lastIndexOf('/'), asker.indexOf(':')) + 1)}${id}`;
}

/**
 * Stats for a terminal.
 *
 * @example statsText(stats, 'day').split('\n')[0] // 'The last day'
 */
export function statsText(stats: Stats, period: string): string {
  return describe(stats, period)
    .map((piece) => (typeof piece === 'string' ? piece : 'bold' in piece ? piece.bold : ''))
    .join('');
}

function describe(stats: Stats, period: string): Text {
  const failed = Object.entries(stats.failures).map(([code, count]) => `${code} ${count}`);
  const top = (rows: readonly { name: string; jobs: number }[]) =>
    rows
      .slice(0, 5)
      .map(({ name, jobs }) => `${name} ${jobs}`)
      .join(', ');
  const rows: [string, string][] = [
    ['Jobs', `${stats.jobs}, ${stats.images} pictures`],
    ['Failed', failed.length === 0 ? 'none' : failed.join(', ')],
    ['Waited', percentiles(stats.wait)],
    ['Drawn in', percentiles(stats.draw)],
    ['Posted in', percentiles(stats.post)],
    ['Model', `warm ${stats.warm}, cold ${stats.cold}; ${stats.occupancy.toFixed(2)} jobs a call`],
    ['People', top(stats.byPerson)],
    ['Channels', top(stats.byChannel.map(({ channel, jobs }) => ({ name: channel, jobs })))],
    ['Models', top(stats.byModel.map(({ model, jobs }) => ({ name: model, jobs })))],
    [
      'Words',
      stats.words
        .slice(0, 10)
        .map(({ word, count }) => `${word} ${count}`)
        .join(', '),
    ],
    ['Reports', String(stats.reports)],
  ];
  return [
    { bold: `The last ${period}` },
    ...rows
      .filter(([, value]) => value !== '')
      .flatMap(([name, value]) => ['\n', { bold: name }, `: ${value}`]),
  ];
}

/**
 * Stats as a table: what is counted, of what, and how many.
 *
 * @example statsCsv(stats).split('\n')[0] // 'measure,of,value'
 */
export function statsCsv(stats: Stats): string {
  const spread = (name: string, values: Percentiles | undefined) =>
    Object.entries(values ?? {}).map(([p, value]) => [`${name}_ms`, p, value] as const);
  const rows: (readonly [string, string, string | number])[] = [
    ['from', '', new Date(stats.range.from).toISOString()],
    ['to', '', new Date(stats.range.to).toISOString()],
    ['jobs', '', stats.jobs],
    ['images', '', stats.images],
    ['cold', '', stats.cold],
    ['warm', '', stats.warm],
    ['occupancy', '', stats.occupancy],
    ['reports', '', stats.reports],
    ...Object.entries(stats.byState).map(([state, count]) => ['state', state, count] as const),
    ...Object.entries(stats.failures).map(([code, count]) => ['failure', code, count] as const),
    ...spread('wait', stats.wait),
    ...spread('draw', stats.draw),
    ...spread('post', stats.post),
    ...stats.byPerson.map(({ key, jobs }) => ['person', key, jobs] as const),
    ...stats.byChannel.map(({ channel, jobs }) => ['channel', channel, jobs] as const),
    ...stats.byModel.map(({ model, jobs }) => ['model', model, jobs] as const),
    ...stats.words.map(({ word, count }) => ['word', word, count] as const),
    ...stats.timeline.flatMap(({ at, jobs, waiting }) => [
      ['jobs_at', new Date(at).toISOString(), jobs] as const,
      ['waiting_at', new Date(at).toISOString(), waiting] as const,
    ]),
  ];
  return `${[['measure', 'of', 'value'], ...rows].map((row) => row.map(cell).join(',')).join('\n')}\n`;
}

/** Quoted where a comma, quote or line end would split it; spreadsheets must not read a name as a formula. */
function cell(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function percentiles(values: Percentiles | undefined): string {
  if (!values) return 'nothing yet';
  const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
  return `p50 ${seconds(values.p50)}, p95 ${seconds(values.p95)}, p99 ${seconds(values.p99)}`;
}

function altOf(stats: Stats, period: Period): string {
  const longest = Math.max(0, ...stats.timeline.map(({ waiting }) => waiting));
  return `Chart of the last ${period}: ${stats.jobs} jobs over time, at most ${longest} waiting in the line`;
}
