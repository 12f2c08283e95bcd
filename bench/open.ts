/**
 * Opening a float32 checkpoint of Stable Diffusion 1.5's sizes, as far as requests can come, up to the first call of
 * the U-Net, and up to the first picture, against diffusers' `from_pretrained` (imports left out on both sides), in
 * turns; and the memory that is private to the process.
 *
 *     npm run build && node dist/bench/open.js --python PATH_TO_PYTHON_WITH_DIFFUSERS [--rounds 3] [--folder /tmp/sd15]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeRandomFolder } from './random-checkpoint.js';

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
if (!existsSync(join(folder, 'model_index.json'))) await writeRandomFolder('sd15', folder);

type Seconds = Readonly<Record<string, number>>;
const run = (program: string, args: string[]): Seconds =>
  JSON.parse(execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
const kiln = (what: string) => run(process.execPath, [beside('open-once.js'), what, folder, cacheFolder]);
const reference = beside('../../bench/open_reference.py');
const diffusers = (what: string) => run(values.python, [reference, what, folder]);

rmSync(cacheFolder, { recursive: true, force: true });
console.log('first opening, which reads and checks every byte:', kiln('everything'));
const turns = {
  kiln: () => ({ picture: kiln('picture'), unet: kiln('unet'), everything: kiln('everything') }),
  diffusers: () => ({ picture: diffusers('picture'), unet: diffusers('unet') }),
};
const rounds: { kiln: ReturnType<typeof turns.kiln>; diffusers: ReturnType<typeof turns.diffusers> }[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  // Taking the first turn in turns too: a machine slows down and recovers within a round.
  const ahead = round % 2 === 1 ? turns.diffusers() : undefined;
  const ours = turns.kiln();
  rounds.push({ kiln: ours, diffusers: ahead ?? turns.diffusers() });
  console.log(rounds.at(-1));
}

console.log('Kiln / diffusers:');
report('open: openPipeline / from_pretrained', (round) => [
  round.kiln.picture.open_seconds!,
  round.diffusers.picture.open_seconds!,
]);
report('the same, and every header of the weights read', (round) => [
  round.kiln.picture.known_seconds!,
  round.diffusers.picture.open_seconds!,
]);
report('open to the first answer of the U-Net', (round) => [
  round.kiln.unet.answered_seconds!,
  round.diffusers.unet.answered_seconds!,
]);
report('open to the first picture', (round) => [
  round.kiln.picture.picture_seconds!,
  round.diffusers.picture.picture_seconds!,
]);
report('every network compiled and opened / from_pretrained', (round) => [
  round.kiln.everything.opened_seconds!,
  round.diffusers.unet.open_seconds!,
]);

function report(what: string, pick: (round: (typeof rounds)[number]) => [kiln: number, diffusers: number]) {
  const pairs = rounds.map(pick);
  const ratios = pairs.map(([ours, theirs]) => ours / theirs).sort((a, b) => a - b);
  const [ours, theirs] = [0, 1].map((side) => median(pairs.map((pair) => pair[side]!)).toFixed(3));
  const spread = `${ratios[0]!.toFixed(2)}–${ratios.at(-1)!.toFixed(2)}, ${ratios.length} rounds`;
  console.log(`${what}: ${median(ratios).toFixed(2)} (${spread}); medians ${ours} s and ${theirs} s`);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}
