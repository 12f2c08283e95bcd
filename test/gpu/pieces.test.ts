import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createGenerator } from '../../src/engine/noise/generator.js';
import { temporaryFolder } from '../fixtures/temporaryFolder.js';

const most = 10_000;

function run(program: string, ...args: string[]) {
  const env = { ...process.env, PIECE: String(most) };
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env });
  return { status, stdout, stderr };
}

/** A tree that does not pack, of a size that takes six pieces, packed. */
function packed() {
  const [tree, out] = [temporaryFolder(), join(temporaryFolder(), 'out')];
  mkdirSync(join(tree, 'lib'));
  const noise = Buffer.from(createGenerator(1).randn(most * 1.5).buffer);
  writeFileSync(join(tree, 'lib', 'noise.so'), noise);
  writeFileSync(join(tree, 'kiln'), '#!/bin/sh\necho drawn\n', { mode: 0o755 });
  const done = run('scripts/gpu/pack.sh', out, tree);
  expect(done.stderr).toBe('');
  return { out, noise };
}

test('a tree goes through pieces that may be carried one by one, and comes out as it was', () => {
  const { out, noise } = packed();
  const pieces = (readdirSync(out, { recursive: true }) as string[])
    .filter((name) => name.includes('piece.'))
    .sort();
  expect(pieces.map((name) => name.split('/')[0])).toEqual(['0', '0', '0', '0', '1', '1']);
  for (const piece of pieces) expect(statSync(join(out, piece)).size).toBeLessThanOrEqual(most);
  const target = join(temporaryFolder(), 'there');
  expect(run('sh', join(out, '0', 'unpack.sh'), out, target)).toMatchObject({ status: 0, stderr: '' });
  expect(readFileSync(join(target, 'lib', 'noise.so')).equals(noise)).toBe(true);
  expect(run(join(target, 'kiln')).stdout).toBe('drawn\n');

  const again = run('scripts/gpu/pack.sh', out, target);
  expect(again).toMatchObject({
    status: 1,
    stderr: `Cannot pack into ${out}: found files there, want an empty folder\n`,
  });

  const piece = join(out, '0', 'piece.001');
  const bytes = readFileSync(piece);
  bytes[100]! ^= 1;
  writeFileSync(piece, bytes);
  const unpack = () => run('sh', join(out, '0', 'unpack.sh'), out, join(target, 'other'));
  expect(unpack()).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(
      /^Cannot unpack \S+: found SHA-256 [0-9a-f]{64} of piece.001, want [0-9a-f]{64}\n$/,
    ),
  });
  rmSync(piece);
  expect(unpack()).toMatchObject({
    status: 1,
    stderr: `Cannot unpack ${out}: found no piece.001, want all pieces\n`,
  });
  expect(readdirSync(target)).not.toContain('other');
});
