import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseArguments } from '../src/cli/arguments.js';
import { gpuCommand } from '../src/cli/gpu.js';
import { configFrom } from '../src/config/config.js';
import { environmentSchema } from '../src/config/schema.js';

interface Instruction {
  readonly word: string;
  readonly rest: string;
  /** The stage's name, or its number. */
  readonly stage: string;
}

/** A Dockerfile's instructions, lines that go on joined. */
function instructions(): Instruction[] {
  const lines = readFileSync('Dockerfile', 'utf8')
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter(Boolean);
  let stage = '';
  return lines.map((line) => {
    const [, word = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (word === 'FROM') stage = / AS (\w+)$/.exec(rest)?.[1] ?? 'last';
    return { word, rest, stage };
  });
}

describe('the image', () => {
  const all = instructions();
  const rest = (word: string) => all.filter((one) => one.word === word).map((one) => one.rest);

  test('has instructions only', () => {
    const known = [
      'FROM',
      'WORKDIR',
      'COPY',
      'RUN',
      'ENV',
      'ARG',
      'USER',
      'VOLUME',
      'EXPOSE',
      'HEALTHCHECK',
      'ENTRYPOINT',
      'CMD',
    ];
    expect(all.map(({ word }) => word).filter((word) => !known.includes(word))).toEqual([]);
  });

  test('copies what the repository has, or what the build makes', () => {
    const made = ['dist', 'node_modules'];
    const sources = rest('COPY')
      .filter((one) => one.startsWith('--from=build /kiln/'))
      .map((one) => one.split(' ')[1]!.slice('/kiln/'.length));
    expect(sources).toContain('assets');
    expect(sources.filter((path) => !made.includes(path) && !existsSync(path))).toEqual([]);
  });

  test('leaves nothing of the working folder in but what belongs there', () => {
    const ignored = readFileSync('.dockerignore', 'utf8').split('\n');
    for (const name of ['.env', 'data', 'models', 'node_modules', 'dist']) expect(ignored).toContain(name);
  });

  test('with GPU set installs what draws on a GPU by a command that there is, and looks for it there', () => {
    const run = rest('RUN').find((one) => one.includes('$GPU'))!;
    const [, typed] = /dist\/src\/cli\.js gpu (.*?);/.exec(run)!;
    const { positionals, flags } = parseArguments(typed!.split(' '), gpuCommand);
    expect([positionals, [...flags.keys()]]).toEqual([['install'], ['cuda']]);
    expect(existsSync('src/cli.ts')).toBe(true);
    const [, KILN_DATA] = /KILN_DATA=(\S+)/.exec(run)!;
    const { cudaFolder } = configFrom({ KILN_DATA });
    expect(run, 'it is there without a GPU too').toContain(`mkdir -p ${cudaFolder}`);
    const [, from, to] = rest('COPY')
      .map((one) => /^--from=build (\S+\/lib) (\S+)$/.exec(one))
      .find(Boolean)!;
    expect(from).toBe(cudaFolder);
    expect(rest('ENV').join(' ')).toContain(`LD_LIBRARY_PATH=${to}`);
    // An ARG counts below its own FROM alone.
    for (const name of ['GPU', 'PIP_INDEX_URL']) {
      const index = all.findIndex(({ word, rest }) => word === 'ARG' && rest === name);
      expect(all[index]?.stage).toBe('build');
      expect(index).toBeLessThan(all.findIndex(({ rest }) => rest === run));
    }
  });

  test('sets nothing that Kiln does not read', () => {
    const names = rest('ENV').flatMap((one) => [...one.matchAll(/(KILN_\w+)=/g)].map(([, name]) => name));
    expect(names).not.toEqual([]);
    expect(names.filter((name) => !(name! in environmentSchema.shape))).toEqual([]);
  });
});

describe('compose', () => {
  const base = parse(readFileSync('compose.yaml', 'utf8'));
  const gpu = parse(readFileSync('compose.gpu.yaml', 'utf8'));

  test('builds this folder, keeps its data in a volume, and shows the playground to this machine alone', () => {
    const { kiln } = base.services;
    expect(kiln.build).toEqual({ context: '.' });
    expect(kiln.volumes).toEqual(['kiln:/data']);
    expect(Object.keys(base.volumes)).toEqual(['kiln']);
    expect(kiln.ports).toEqual(['127.0.0.1:3000:3000']);
  });

  test('with a GPU adds to that service the build argument, the device and a GPU', () => {
    expect(Object.keys(gpu.services)).toEqual(Object.keys(base.services));
    const { kiln } = gpu.services;
    expect(kiln.build.args).toEqual({ GPU: '1' });
    expect(configFrom(kiln.environment).device).toBe('cuda');
    expect(kiln.deploy.resources.reservations.devices).toEqual([
      { driver: 'nvidia', count: 1, capabilities: ['gpu'] },
    ]);
  });
});
