import { expect, test } from 'vitest';
import type { Contestant } from '../../src/bench/contestant.js';
import { benchMarkdown } from '../../src/bench/markdown.js';
import { type Report, ratiosOf, rowOf } from '../../src/bench/report.js';
import type { Measured, Turn } from '../../src/bench/rounds.js';
import { spreadOf } from '../../src/bench/spread.js';

function measured(name: string, turns: Turn[], more: Partial<Measured> = {}): Measured {
  return { contestant: { name } as Contestant, turns, versions: {}, ...more };
}

const kiln = measured(
  'kiln',
  [
    {
      call: 1,
      cold: 9,
      picture: { seconds: 4, text: 0.1, unet: 3, step: 0.5, vae: 0.5, png: 0.1, transfer: 0.3, held: 2 },
    },
    {
      call: 2,
      cold: 5,
      picture: { seconds: 6, text: 0.3, unet: 4, step: 0.7, vae: 0.7, png: 0.2, transfer: 0.8, held: 7.25 },
    },
  ],
  { memory: { peak: 1234.6, private: 200.2 }, openSeconds: 0.25 },
);
const peer = measured('diffusers', [
  { call: 2, picture: { seconds: 16, unet: 12, step: 1 } },
  { call: 8, picture: { seconds: 12, unet: 12, step: 1.4 } },
]);

test('a row has medians, its spread, and null where nothing was measured', () => {
  expect(rowOf(kiln)).toMatchObject({
    ...{ name: 'kiln', cold_seconds: 7, warm_seconds: 5, step_seconds: 0.6, call_seconds: 1.5 },
    ...{ peak_mb: 1235, private_mb: 200, open_seconds: 0.25, held_ms: 7.25 },
    breakdown: { text: 0.2, unet: 3.5, vae: 0.6, png: expect.closeTo(0.15), transfer: 0.55 },
    spread: { cold_seconds: { min: 5, max: 9, rounds: [9, 5] } },
  });
  expect(rowOf(kiln)!.steps_per_second).toBeCloseTo(1 / 0.6);
  expect(rowOf(peer)).toMatchObject({
    ...{ cold_seconds: null, peak_mb: null, open_seconds: null, held_ms: null },
    breakdown: { text: null, unet: 12, vae: null, png: null, transfer: null },
  });
});

test('what was never measured is no row, and pictures drawn together have no parts', () => {
  expect(rowOf(measured('openvino', []))).toBe(undefined);
  expect(rowOf(measured('kiln', [{ picture: { seconds: 4, step: 1, png: 0.1 } }]))!.breakdown).toBe(null);
});

test('rounds that somebody missed stay rounds', () => {
  const turns: Turn[] = [];
  turns[1] = { cold: 4 };
  expect(rowOf(measured('diffusers', turns))!.spread.cold_seconds!.rounds).toEqual([null, 4]);
});

test("Kiln's rows are held against the peers', and its faster ones against its first", () => {
  const fast = measured('kiln-fast', [{ picture: { seconds: 1 } }, { picture: { seconds: 3 } }]);
  const rows = [kiln, fast, peer].map((each) => rowOf(each)!);
  const ratios = ratiosOf(rows, ['kiln', 'kiln-fast']);
  expect(ratios.map(({ row, to }) => `${row} / ${to}`)).toEqual([
    'kiln / diffusers',
    'kiln-fast / kiln',
    'kiln-fast / diffusers',
  ]);
  expect(ratios[0]!.ratios).toMatchObject({
    warm_seconds: { rounds: [0.25, 0.5], median: 0.375 },
    call_seconds: { rounds: [0.5, 0.25] },
    cold_seconds: null,
  });
});

const report: Report = {
  ...{ model: 'sprite', device: 'cpu', command: 'kiln bench', date: '2026-11-25T12:00:00.000Z' },
  rows: [rowOf(kiln)!, rowOf(peer)!],
  ratios: ratiosOf([rowOf(kiln)!, rowOf(peer)!], ['kiln']),
  batch: [
    { rows: 1, call: spreadOf([1]), share: spreadOf([1]) },
    { rows: 8, call: spreadOf([4]), share: spreadOf([0.5]) },
  ],
  forms: [
    { name: 'fp32', call: spreadOf([3]), gain: spreadOf([1]) },
    { name: 'fp16', call: null, gain: null, unavailable: 'no half floats' },
  ],
  left_out: [{ name: 'openvino', reason: 'Cannot run openvino: it is not installed' }],
  settings: {
    ...{ width: 64, height: 64, steps: 2, guidance: 3, seed: 0, images: 1, rounds: 2, calls: 3, threads: 2 },
  },
  machine: {
    ...{
      cpu: 'A CPU',
      cpu_features: ['avx2'],
      cores: 2,
      memory_mb: 24_000,
      platform: 'linux x64',
      load: 0.1,
    },
  },
  versions: { kiln: '0.1.0', torch: '2.15.0' },
};

test('as Markdown it has a table for all that was measured', () => {
  expect(benchMarkdown(report)).toBe(`# sprite on cpu, 64×64

One picture of 2 steps, guidance 3; medians of 2 rounds, a U-Net call's of 3 a round; all in turns.

- 2 cores of A CPU (avx2), 2 threads, 24 GB, linux x64, load 0.1 before
- kiln 0.1.0, torch 2.15.0
- \`kiln bench\`, 2026-11-25

| seconds | cold start | warm | a step | a U-Net call | steps a second | opening | memory | private |
|---|---|---|---|---|---|---|---|---|
| kiln | 7.00 (5.00–9.00) | 5.00 (4.00–6.00) | 0.600 (0.500–0.700) | 1.50 (1.00–2.00) | 1.67 | 0.250 | 1235 MB | 200 MB |
| diffusers | – | 14.0 (12.0–16.0) | 1.20 (1.00–1.40) | 5.00 (2.00–8.00) | 0.833 | – | – | – |

Ratios of rows in the same round, median (lowest–highest): below 1, the first takes less time.

|  | cold start | warm | a step | a U-Net call |
|---|---|---|---|---|
| kiln / diffusers | – | 0.38 (0.25–0.50) | 0.50 (0.50–0.50) | 0.38 (0.25–0.50) |

| one picture | text | U-Net | VAE | PNG | transfer | all |
|---|---|---|---|---|---|---|
| kiln | 0.200 | 3.50 | 0.600 | 0.150 | 0.550 | 5.00 |
| diffusers | – | 12.0 | – | – | – | 14.0 |

The event loop of whoever asked was held up by at most: kiln 7.3 ms.

| rows in a U-Net call | a call | a row | of one alone |
|---|---|---|---|
| 1 | 1.00 | 1.00 | 1.00 |
| 8 | 4.00 | 0.500 | 0.50 |

| the U-Net's graph | a call | times as fast as fp32 unfused |
|---|---|---|
| fp32 | 3.00 | 1.00× |
| fp16 | not here: no half floats | – |

Left out:
- openvino: Cannot run openvino: it is not installed
`);
});

test('as Markdown it leaves out what was not', () => {
  const bare = benchMarkdown({ ...report, rows: [], ratios: [], batch: [], forms: [], left_out: [] });
  expect(bare).not.toContain('|');
  expect(bare.endsWith('2026-11-25\n')).toBe(true);
});
