/**
 * Process start to picture on disk at Stable Diffusion 1.5's sizes: the first start ever, with an empty cache, and later
 * ones, against diffusers as a user's script has it, in turns. `kiln bench` has later starts of any model.
 *
 *     npm run build && node dist/bench/cold.js --python PATH_TO_PYTHON_WITH_DIFFUSERS [--size 256] [--steps 8] [--rounds 3] [--folder /tmp/sd15]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeRandomFolder } from './random-checkpoint.js';

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    size: { type: 'string', default: '256' },
    steps: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    folder: { type: 'string', default: join(tmpdir(), 'kiln-sd15') },
  },
});
const { python, size, steps, folder } = values;
const beside = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'kiln-cold-'));
const out = join(work, 'fox.png');
if (!existsSync(join(folder, 'model_index.json'))) await writeRandomFolder('sd15', folder);

function seconds(program: string, args: readonly string[]): number {
  const began = performance.now();
  execFileSync(program, args, { env: { ...process.env, KILN_DATA: join(work, 'data') }, stdio: 'pipe' });
  return (performance.now() - began) / 1000;
}
const kiln = () =>
  seconds(process.execPath, [
    ...[beside('../src/cli.js'), 'draw', 'a red fox', '--model', folder, '--device', 'cpu', '--seed', '0'],
    ...['--width', size, '--height', size, '--steps', steps, '--guidance', '7.5', '--out', out],
  ]);
const diffusers = () => seconds(python, [beside('../../bench/cold_reference.py'), folder, size, steps, out]);

try {
  const rounds: { first: number; later: number; diffusers: number }[] = [];
  // Whoever reads the weights first has them read from the disk, which is nobody's doing.
  kiln();
  for (let round = 0; round < Number(values.rounds); round++) {
    const ahead = round % 2 === 1 ? diffusers() : undefined;
    rmSync(join(work, 'data'), { recursive: true, force: true });
    const [first, later] = [kiln(), kiln()];
    rounds.push({ first, later, diffusers: ahead ?? diffusers() });
    console.log(rounds.at(-1));
  }
  for (const which of ['first', 'later'] as const) {
    const ratios = rounds.map((round) => round[which] / round.diffusers).sort((a, b) => a - b);
    const median = ratios[ratios.length >> 1]!.toFixed(2);
    console.log(
      `${which} start, ${size}×${size}, ${steps} steps: ${median} of diffusers' (${ratios[0]!.toFixed(2)}–${ratios.at(-1)!.toFixed(2)})`,
    );
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
