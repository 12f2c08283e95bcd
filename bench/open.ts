/**
 * Opening a float32 checkpoint of Stable Diffusion 1.5's sizes, up to the first call of the U-Net, against diffusers'
 * `from_pretrained` (its imports left out), in turns; and the memory that is private to the process.
 *
 *     npm run build && node dist/bench/open.js --python PATH_TO_PYTHON_WITH_DIFFUSERS [--rounds 3] [--folder /tmp/sd15]
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeStableDiffusion15 } from './random-checkpoint.js';

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    rounds: { type: 'string', default: '3' },
    folder: { type: 'string', default: join(tmpdir(), 'kiln-sd15') },
  },
});
const beside = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const folder = values.folder;
const cacheFolder = `${folder}-cache`;
if (!existsSync(join(folder, 'model_index.json'))) await writeStableDiffusion15(folder);

interface Opening {
  readonly open_seconds: number;
  readonly answered_seconds: number;
}
const run = (program: string, args: string[]): Opening =>
  JSON.parse(execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
const kiln = () => run(process.execPath, [beside('open-once.js'), folder, cacheFolder]);
const diffusers = () => {
  const script = beside('../../bench/open_reference.py');
  return run(values.python, [script, folder]);
};

console.log('first opening, which reads and checks every byte:', kiln());
const rounds: { kiln: Opening; diffusers: Opening }[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  rounds.push({ kiln: kiln(), diffusers: diffusers() });
  console.log(rounds.at(-1));
}
report('open', 'open_seconds');
report('open to the first answer of the U-Net', 'answered_seconds');

function report(what: string, key: keyof Opening): void {
  const ratios = rounds.map((round) => round.kiln[key] / round.diffusers[key]).sort((a, b) => a - b);
  const [least, middle, most] = [0, Math.floor(ratios.length / 2), -1].map((i) => ratios.at(i)!.toFixed(2));
  console.log(`${what}, Kiln / diffusers: ${middle} (${least}–${most}, ${ratios.length} rounds)`);
}
