/**
 * Random weights at the true sizes of Stable Diffusion 1.5 (float32) and SDXL (half floats), as diffusers' folder and as
 * one file: each opens and draws one step at 512×512 on the CPU, in a process of its own. Prints the time, and the
 * memory that is private to that process at its highest, against the size of the weights; fails above twice that size.
 * The first time a checkpoint is read through and its half floats are converted; the second time both are known.
 *
 *     npm run build && node dist/bench/true-size.js [--only sdxl/file] [--keep] [--folder /tmp/kiln-true-size]
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type TrueSize, writeRandomFile, writeRandomFolder } from './random-checkpoint.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    keep: { type: 'boolean', default: false },
    folder: { type: 'string', default: join(tmpdir(), 'kiln-true-size') },
  },
});
const once = fileURLToPath(new URL('true-size-once.js', import.meta.url));
const cacheFolder = join(values.folder, 'cache');
mkdirSync(values.folder, { recursive: true });

let tooMuch = false;
for (const model of ['sd15', 'sdxl'] as const) {
  for (const layout of ['folder', 'file'] as const) {
    if (values.only !== undefined && values.only !== `${model}/${layout}`) continue;
    const path = join(values.folder, layout === 'folder' ? model : `${model}.safetensors`);
    if (!existsSync(path)) await write(model, layout, path);
    const weights = bytesOf(path);
    for (const time of ['first', 'second']) {
      const { seconds, highest } = await draw(path);
      tooMuch ||= highest > 2 * weights;
      const share = (highest / weights).toFixed(3);
      const found = `${gigabytes(highest)} private of ${gigabytes(weights)} of weights: ${share}`;
      console.log(`${model} ${layout}, ${time} time: ${JSON.stringify(seconds)}, ${found}`);
    }
    if (values.keep) continue;
    rmSync(path, { recursive: true });
    rmSync(cacheFolder, { recursive: true });
  }
}
if (tooMuch) throw new Error('More memory is private to the process than twice the size of the weights');

async function write(model: TrueSize, layout: 'folder' | 'file', path: string): Promise<void> {
  await (layout === 'folder' ? writeRandomFolder(model, path) : writeRandomFile(model, path));
}

/** One opening and one picture, watched from outside, as the engine's thread is blocked while it runs. */
async function draw(path: string): Promise<{ seconds: unknown; highest: number }> {
  const child = spawn(process.execPath, [once, path, cacheFolder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  let code: number | null | undefined;
  child.on('close', (status) => {
    code = status;
  });
  let highest = 0;
  while (code === undefined) {
    highest = Math.max(highest, privateMemoryOf(child.pid!));
    await setTimeout(20);
  }
  if (code !== 0) throw new Error(`The drawing process ended with ${code}`);
  return { seconds: JSON.parse(output), highest };
}

function privateMemoryOf(pid: number): number {
  try {
    const kilobytes = /^RssAnon:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function bytesOf(path: string): number {
  if (statSync(path).isFile()) return statSync(path).size;
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.safetensors'))
    .reduce((sum, file) => sum + statSync(join(path, file)).size, 0);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
