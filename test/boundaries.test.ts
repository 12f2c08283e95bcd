import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { parseSync } from 'oxc-parser';
import { describe, expect, test } from 'vitest';

const words = [
  'src/job.ts',
  'src/errors.ts',
  'src/request.ts',
  'src/clock.ts',
  'src/saying.ts',
  'src/promptLoras.ts',
];
const contracts = ['src/log/log.ts', 'src/queue/queue.ts', 'src/storage/storage.ts'];

/** What each part may import besides packages and itself. A part is a file, or a folder with all in it. */
const parts: Readonly<Record<string, readonly string[]>> = {
  'src/job.ts': [],
  'src/errors.ts': [],
  'src/request.ts': [],
  'src/clock.ts': [],
  'src/saying.ts': [],
  'src/promptLoras.ts': [],
  'src/logger.ts': [],
  'src/config/': words,
  'src/metrics/': [],
  'src/image/': words,
  'src/engine/': [...words, 'src/image/'],
  'src/bench/': [...words, 'src/engine/', 'src/image/'],
  'src/hub/': [...words, 'src/engine/'],
  'src/gpu/': [...words, 'src/engine/', 'src/hub/'],
  'src/queue/': words,
  'src/log/': words,
  'src/storage/': words,
  'src/command.ts': [...words, ...contracts],
  'commands/': [...words, ...contracts, 'src/command.ts', 'src/buttons.ts'],
  'src/dispatch.ts': [...words, ...contracts, 'src/command.ts', 'src/typed.ts', 'src/logger.ts'],
  'src/typed.ts': [...words, 'src/command.ts'],
  'src/jobs/': [...words, ...contracts, 'src/image/', 'src/logger.ts', 'src/buttons.ts'],
  'src/adapters/': [...words, 'src/image/', 'src/command.ts', 'src/logger.ts'],
  'src/buttons.ts': [...words, ...contracts],
  'src/wiring/': ['src/', 'commands/'],
  'src/main.ts': ['src/', 'commands/'],
  'src/cli/': ['src/', 'commands/'],
  'src/cli.ts': ['src/'],
};

/** Packages that only one place may know, so that replacing one changes one place. */
const importers: Readonly<Record<string, string>> = {
  '@huggingface/hub': 'src/hub/repo.ts',
  'cli-progress': 'src/cli/bar.ts',
  '@hono/node-server': 'src/adapters/playground/',
  '@napi-rs/canvas': 'src/image/',
  '@prisma/adapter-better-sqlite3': 'src/log/prisma/',
  '@prisma/client': 'src/log/prisma/',
  '@slack/bolt': 'src/adapters/slack/',
  'better-sqlite3': 'src/log/prisma/',
  'chart.js': 'src/image/',
  'discord.js': 'src/adapters/discord/',
  dotenv: 'src/config/environment.ts',
  hono: 'src/adapters/playground/',
  'onnxruntime-node': 'src/engine/session.ts',
  'p-queue': 'src/queue/embedded.ts',
  pino: 'src/logger.ts',
  'prom-client': 'src/metrics/',
  protobufjs: 'src/engine/onnx/protobuf.ts',
  sharp: 'src/image/sharp.ts',
  yauzl: 'src/gpu/unpack.ts',
};

const mostLines = 350;

const files = filesIn(['src', 'commands', 'test', 'bench', 'scripts']);
const product = files.filter((file) => /^(src|commands)\//.test(file) && !file.includes('/generated/'));

function filesIn(folders: readonly string[]): string[] {
  return folders
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
    )
    .filter((file) => /\.(ts|mjs|py)$/.test(file));
}

/** What a file imports, types included: packages by name, files by their path in the repository. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const { module } = parseSync(file, text);
  const reexported = module.staticExports.flatMap(({ entries }) =>
    entries.map((entry) => entry.moduleRequest?.value),
  );
  const dynamic = module.dynamicImports
    .map(({ moduleRequest: { start, end } }) => text.slice(start, end))
    .filter((source) => /^['"]/.test(source))
    .map((source) => source.slice(1, -1));
  return [...module.staticImports.map(({ moduleRequest }) => moduleRequest.value), ...reexported, ...dynamic]
    .filter((name) => name !== undefined)
    .map((name) =>
      name.startsWith('.') ? posix.join(posix.dirname(file), name).replace(/\.js$/, '.ts') : name,
    );
}

const within = (file: string, part: string) => (part.endsWith('/') ? file.startsWith(part) : file === part);

test('every file of the product belongs to a part', () => {
  const partOf = (file: string) => Object.keys(parts).filter((part) => within(file, part));
  expect(product.filter((file) => partOf(file).length !== 1)).toEqual([]);
});

describe('a part imports only what it may', () => {
  test.each(Object.entries(parts))('%s', (part, allowed) => {
    const own = product.filter((file) => within(file, part));
    const wrong = own.flatMap((file) =>
      importsOf(file)
        .filter((name) => /^(src|commands|test|bench|scripts)\//.test(name))
        .filter((name) => ![part, ...allowed].some((other) => within(name, other)))
        .map((name) => `${file} imports ${name}`),
    );
    expect(own).not.toEqual([]);
    expect(wrong).toEqual([]);
  });
});

describe('a package is imported in one place', () => {
  test.each(Object.entries(importers))('%s by %s', (name, place) => {
    const who = product.filter((file) =>
      importsOf(file).some((other) => other === name || other.startsWith(`${name}/`)),
    );
    expect(who).not.toEqual([]);
    expect(who.filter((file) => !within(file, place))).toEqual([]);
  });
});

test('the product reads the environment only in src/config', () => {
  const readers = product.filter((file) => /process\.env\b/.test(readFileSync(file, 'utf8')));
  expect(readers).toEqual(['src/config/environment.ts']);
});

test(`no file is longer than ${mostLines} lines`, () => {
  const written = files.filter((file) => !file.includes('/generated/'));
  const lengths = written.map((file) => ({ file, lines: readFileSync(file, 'utf8').split('\n').length - 1 }));
  expect(lengths.filter(({ lines }) => lines > mostLines)).toEqual([]);
});

test('nothing is exported in vain, no imports run in a circle, and package.json names what is used', () => {
  const { status, stdout, stderr } = spawnSync('node_modules/.bin/knip', ['--no-progress'], {
    encoding: 'utf8',
  });
  expect(`${stdout}${status === 0 ? '' : stderr}`).toBe('');
  expect(status).toBe(0);
});
