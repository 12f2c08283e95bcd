/**
 * The built-in model against diffusers on this machine: warm draws, and process start to picture on disk; and how
 * free the caller's event loop is meanwhile.
 * Both sides draw the same picture in turns, so that a change of the machine's speed hits both.
 *
 *     npm run build && node dist/bench/sprite.js --python PATH_TO_PYTHON_WITH_DIFFUSERS [--rounds 5]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openEngine } from '../src/engine/engine.js';

const { values } = parseArgs({
  options: { python: { type: 'string', default: 'python3' }, rounds: { type: 'string', default: '5' } },
});
const rounds = Number(values.rounds);
const root = fileURLToPath(new URL('../../', import.meta.url));
const model = join(root, 'assets/models/sprite');
const folder = mkdtempSync(join(tmpdir(), 'kiln-bench-'));
const prompt = 'a happy dog';

const engine = await openEngine({ model, device: 'cpu', cacheFolder: join(folder, 'cache'), env: {} });
try {
  await engine.draw({ prompt, seed: 0 });
  const warm = { kiln: [] as number[], diffusers: [] as number[] };
  const cold = { kiln: [] as number[], diffusers: [] as number[] };
  drawCold();
  for (let round = 0; round < rounds; round++) {
    warm.kiln.push(await drawWarm());
    const reference = drawReference();
    warm.diffusers.push(reference.draw);
    cold.diffusers.push(reference.process);
    cold.kiln.push(drawCold());
  }
  await reportEventLoop();
  report('warm draw, 20 steps, 128×128', warm);
  report('process start to picture on disk', cold);
} finally {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
}

async function drawWarm(): Promise<number> {
  const began = performance.now();
  await engine.draw({ prompt, seed: 0 });
  return (performance.now() - began) / 1000;
}

/** The delay of this process's event loop over ten draws, previews and progress told. */
async function reportEventLoop(): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  for (let i = 0; i < 10; i++)
    await engine.draw({ prompt, seed: i }, { preview: true, onProgress: () => undefined });
  delay.disable();
  // The histogram holds whole intervals; what is above the resolution is delay.
  const late = (nanoseconds: number) => (nanoseconds / 1e6 - 5).toFixed(1);
  console.log(
    `event-loop delay of the caller: p99 ${late(delay.percentile(99))} ms, max ${late(delay.max)} ms`,
  );
}

function drawCold(): number {
  const out = join(folder, 'kiln.png');
  const env = { ...process.env, KILN_DATA: folder };
  const args = [
    join(root, 'dist/src/cli.js'),
    'draw',
    prompt,
    '--seed',
    '0',
    '--device',
    'cpu',
    '--out',
    out,
  ];
  const began = performance.now();
  execFileSync(process.execPath, args, { env, stdio: 'pipe' });
  return (performance.now() - began) / 1000;
}

/** `draw` is the third draw of one process, warm by then; `process` is a run of its own that draws once. */
function drawReference(): { draw: number; process: number } {
  const run = (repeat: number) => {
    const args = [join(root, 'scripts/reference.py'), model, prompt, '--out', join(folder, 'reference.png')];
    const began = performance.now();
    const output = execFileSync(values.python, [...args, '--repeat', String(repeat)], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    return {
      whole: (performance.now() - began) / 1000,
      draw: JSON.parse(output.trim().split('\n').at(-1)!).draw_seconds,
    };
  };
  return { draw: run(3).draw, process: run(1).whole };
}

function report(what: string, seconds: { kiln: number[]; diffusers: number[] }): void {
  const ratios = seconds.kiln.map((kiln, i) => kiln / seconds.diffusers[i]!);
  const show = (list: number[]) => `${median(list).toFixed(3)} s`;
  console.log(
    `${what}: Kiln ${show(seconds.kiln)}, diffusers ${show(seconds.diffusers)}, ratio ${median(ratios).toFixed(2)} ` +
      `(${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}, ${ratios.length} rounds)`,
  );
}

function median(list: number[]): number {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]!;
}
