/**
 * How long people wait for their pictures when many ask at random times: Kiln's continuous batching against one at a
 * time and against whole requests in batches, from little load to more than can be drawn.
 *
 *     npm run build && node dist/bench/serve.js [--out FOLDER] [--requests 4000] [--seed 1 --seed 2] [--loads 20,80]
 *         [--times FILE]…  [--real 40 --at 80]
 *
 * `--times` are step times as this bench or `kiln bench --json` wrote them, one file for each size: those of a GPU as
 * well. Without it they are measured here, of the built-in model. Time is virtual then, and the same seed gives the
 * same figures. `--real` also draws so many requests by each policy, in turns, and compares with what was predicted.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { arrivals } from './serve/arrivals.js';
import { figuresOf } from './serve/figures.js';
import { type Policy, policies, type Served, serve } from './serve/policies.js';
import { realClock } from './serve/realClock.js';
import { measureTimes, type RealOptions, realStudio } from './serve/realStudio.js';
import { type Report, type Row, serveChart, serveMarkdown } from './serve/report.js';
import { simulate, simulateAsks } from './serve/simulate.js';
import { readTimes, type Times } from './serve/times.js';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    times: { type: 'string', multiple: true },
    requests: { type: 'string', default: '4000' },
    seed: { type: 'string', multiple: true, default: ['1', '2', '3'] },
    loads: { type: 'string', default: '20,40,60,80,90,100,120' },
    real: { type: 'string' },
    at: { type: 'string', default: '80' },
  },
});
const requests = Number(values.requests);
const seeds = values.seed.map(Number);
const loads = values.loads.split(',').map((load) => Number(load) / 100);
/** As many as the engine shares a call between before it has measured anything. */
const together = 4;

const folder = await mkdtemp(join(tmpdir(), 'kiln-serve-'));
const builtIn: RealOptions = {
  model: fileURLToPath(new URL('../../assets/models/sprite', import.meta.url)),
  cacheFolder: join(folder, 'cache'),
  sizes: [128, 192, 256].map((side) => ({ width: side, height: side })),
};
try {
  const times = values.times ? await readTimes(values.times) : await measureTimes(builtIn);
  if (values.out) {
    await mkdir(values.out, { recursive: true });
    await writeFile(join(values.out, 'times.json'), `${JSON.stringify(times, undefined, 2)}\n`);
  }
  const real = values.real
    ? await drawReally(times, Number(values.real), Number(values.at) / 100)
    : undefined;
  const report: Report = { times, settings: { requests, seeds }, simulated: await simulateAll(times), real };
  const markdown = serveMarkdown(report);
  process.stdout.write(markdown);
  if (values.out) {
    await writeFile(join(values.out, 'serve.json'), `${JSON.stringify(report, undefined, 2)}\n`);
    await writeFile(join(values.out, 'serve.md'), markdown);
    await writeFile(join(values.out, 'serve.png'), serveChart(report));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Medians over the seeds. */
async function simulateAll(times: Times): Promise<Row[]> {
  const rows: Row[] = [];
  for (const load of loads) {
    for (const policy of policies) {
      const runs: Row[] = [];
      for (const seed of seeds) {
        const served = await simulate(policy, { times, requests, load, seed });
        runs.push({ policy, load, ...figuresOf(served) });
      }
      rows.push(medians(runs));
    }
  }
  return rows;
}

function medians(runs: readonly Row[]): Row {
  const middle = (figure: 'p50' | 'p95' | 'p99' | 'images_per_minute' | 'shared') =>
    runs.map((run) => run[figure]).sort((a, b) => a - b)[Math.floor(runs.length / 2)]!;
  const { policy, load } = runs[0]!;
  return {
    ...{ policy, load, p50: middle('p50'), p95: middle('p95'), p99: middle('p99') },
    ...{ images_per_minute: middle('images_per_minute'), shared: middle('shared') },
  };
}

/** The same requests by each policy, a few at a time in turns, so that a change of the machine's speed hits all. */
async function drawReally(times: Times, count: number, load: number): Promise<Report['real']> {
  const warm = await realStudio(builtIn, true);
  const guessing = await realStudio(builtIn, false);
  try {
    const drawn = new Map<Policy, Served[]>();
    const predicted = new Map<Policy, Served[]>();
    for (const seed of seeds) {
      const asks = arrivals({ times, requests: count, load, seed });
      for (const policy of policies) {
        const studio = policy === 'whole requests' ? guessing : warm;
        add(drawn, policy, await serve(asks, { policy, studio, clock: realClock, together }));
        add(predicted, policy, await simulateAsks(policy, asks, times, together));
      }
    }
    return policies.map((policy) => ({
      drawn: { policy, load, ...figuresOf(drawn.get(policy)!) },
      predicted: { policy, load, ...figuresOf(predicted.get(policy)!) },
    }));
  } finally {
    await warm.engine.close();
    await guessing.engine.close();
  }
}

/** The seeds follow one another. */
function add(all: Map<Policy, Served[]>, policy: Policy, served: readonly Served[]): void {
  const before = all.get(policy) ?? [];
  const end = Math.max(0, ...before.map(({ drawn }) => drawn));
  const later = served.map(({ ask, drawn, mates }) => ({
    ...{ ask: { ...ask, at: ask.at + end }, drawn: drawn + end, mates },
  }));
  all.set(policy, [...before, ...later]);
}
