import { lineChart } from '../../src/image/lineChart.js';
import type { Figures } from './figures.js';
import { type Policy, policies } from './policies.js';
import type { Times } from './times.js';

/** What came of one policy at one load. */
export interface Row extends Figures {
  readonly policy: Policy;
  /** As a share of what one at a time could draw. */
  readonly load: number;
}

/** What this bench writes. */
export interface Report {
  readonly times: Times;
  readonly settings: { readonly requests: number; readonly seeds: readonly number[] };
  readonly simulated: readonly Row[];
  /** The same requests, really drawn and in virtual time; left out where nothing was drawn. */
  readonly real?: readonly { readonly drawn: Row; readonly predicted: Row }[];
}

/** @example process.stdout.write(serveMarkdown(report)); */
export function serveMarkdown({ times, settings, simulated, real }: Report): string {
  const { model, device, shapes } = times;
  const calls = shapes.map(
    ({ width, height, call, encode, decode, after }) =>
      `| ${width}×${height} | ${call.map(({ rows, seconds }) => `${rows}: ${short(seconds)}`).join(', ')} | ${short(encode)} | ${short(decode)} | ${short(after)} |`,
  );
  const parts = [
    `# ${model} on ${device}: ${settings.requests} requests a load, seeds ${settings.seeds.join(', ')}`,
    ['| size | seconds of a call, by rows | encode | decode | after |', '|---|---|---|---|---|', ...calls],
    [
      '| load | | p50 | p95 | p99 | images a minute | shared a call | p50, p95 of one at a time |',
      '|---|---|---|---|---|---|---|---|',
      ...simulated.map((row) => {
        const base = simulated.find(({ load, policy }) => load === row.load && policy === 'one at a time')!;
        return `| ${percent(row.load)} | ${cells(row)} | ${ratio(row, base)} |`;
      }),
    ],
    real && [
      '| load | really drawn | p50 | p95 | p99 | images a minute | shared a call | p50, p95 of the prediction |',
      '|---|---|---|---|---|---|---|---|',
      ...real.map(
        ({ drawn, predicted }) => `| ${percent(drawn.load)} | ${cells(drawn)} | ${ratio(drawn, predicted)} |`,
      ),
    ],
  ];
  return `${parts.flatMap((part) => (part ? [[part].flat().join('\n')] : [])).join('\n\n')}\n`;
}

/** p50 and p95 over the load, as a PNG. */
export function serveChart({ times, simulated }: Report): Buffer {
  const loads = [...new Set(simulated.map(({ load }) => load))];
  const of = (policy: Policy, figure: 'p50' | 'p95') =>
    simulated.filter((row) => row.policy === policy).map((row) => row[figure]);
  const lines = policies.flatMap((policy, color) => [
    { name: `${policy}, p50`, color, values: of(policy, 'p50') },
    { name: `${policy}, p95`, color, dashed: true, values: of(policy, 'p95') },
  ]);
  // Past what it can draw, the line of whoever waits has no end.
  const sane = simulated.filter(({ load }) => load < 1).map(({ p95 }) => p95);
  return lineChart({
    title: `${times.model} on ${times.device}: asked to drawn`,
    across: 'requests, as % of what one at a time can draw',
    up: 'seconds',
    labels: loads.map((load) => `${Math.round(load * 100)}`),
    lines,
    most: Math.ceil(Math.max(...sane)),
  });
}

function cells({ policy, p50, p95, p99, images_per_minute, shared }: Row): string {
  const seconds = [p50, p95, p99].map((value) => `${short(value)} s`);
  return [policy, ...seconds, images_per_minute.toFixed(1), percent(shared)].join(' | ');
}

function ratio(row: Figures, base: Figures): string {
  return `${(row.p50 / base.p50).toFixed(2)}, ${(row.p95 / base.p95).toFixed(2)}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function short(seconds: number): string {
  return seconds < 0.1 ? seconds.toFixed(4) : seconds < 10 ? seconds.toFixed(2) : seconds.toFixed(1);
}
