/**
 * What drawing and measuring need, in a folder that runs by itself: Node, Kiln as compiled, the packages of its engine,
 * and the provider where it is installed. The bot's packages stay here: `kiln draw`, `bench`, `gpu`, `doctor` run.
 *
 *   node scripts/gpu/stage.mjs FOLDER
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const target = process.argv[2];
const app = join(target, 'app');
const roots = [
  ...['onnxruntime-node', 'protobufjs', 'zod', 'dotenv', 'sharp', 'yauzl', 'cli-progress'],
  ...['chart.js', '@napi-rs/canvas', 'dejavu-fonts-ttf', '@huggingface/hub'],
];
const { platform, arch } = process;
/** ONNX Runtime has the libraries of all platforms in one package: `bin/napi-v6/linux/x64`. */
const wanted = new RegExp(`^(?!.*/napi-v\\d+/(?!${platform}$|${platform}/${arch}($|/)))`);

/** A package and all it needs, by its place; what is for other platforms is not installed. */
function withDependencies(name, from, found) {
  const place = placeOf(name, from);
  if (!place || found.has(place)) return;
  found.add(place);
  const { dependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(root, place, 'package.json'), 'utf8'),
  );
  for (const next of Object.keys({ ...dependencies, ...optionalDependencies }))
    withDependencies(next, place, found);
}

/** Where Node would find it. */
function placeOf(name, from) {
  for (let at = from; ; at = dirname(at)) {
    const place = join(at, 'node_modules', name);
    if (existsSync(join(root, place))) return place;
    if (at === '.') return undefined;
  }
}

const packages = new Set();
for (const name of roots) withDependencies(name, '.', packages);

mkdirSync(app, { recursive: true });
cpSync(process.execPath, join(target, 'node'));
for (const path of [
  'dist',
  'package.json',
  'assets/tokenizers',
  'bench/sd15',
  'bench/sdxl',
  'scripts/bench',
  ...packages,
]) {
  if (!existsSync(join(root, path))) continue;
  cpSync(join(root, path), join(app, path), {
    recursive: true,
    dereference: true,
    filter: (file) => wanted.test(file),
  });
}
writeFileSync(
  join(target, 'kiln'),
  '#!/bin/sh\nhere=$(cd "$(dirname "$0")" && pwd)\nexec "$here/node" "$here/app/dist/src/cli.js" "$@"\n',
);
chmodSync(join(target, 'kiln'), 0o755);
process.stdout.write(`${packages.size} packages for ${platform} ${arch} in ${target}\n`);
