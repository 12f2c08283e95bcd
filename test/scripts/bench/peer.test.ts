import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const program = fileURLToPath(new URL('../../../scripts/bench/peer.py', import.meta.url));
const sprite = fileURLToPath(new URL('../../../assets/models/sprite', import.meta.url));

/** A Python without packages: -S leaves site-packages out, whatever is installed. */
function run(peer: string, options: { readonly model?: string; readonly more?: readonly string[] } = {}) {
  const { model = sprite, more = [] } = options;
  const args = ['-S', program, '--peer', peer, '--model', model, '--threads', '2', '--cache', cache, ...more];
  const { status, stdout } = spawnSync('python3', args, { encoding: 'utf8', input: '' });
  return { status, lines: stdout.trim().split('\n') };
}

const python = spawnSync('python3', ['--version']);
if (python.error)
  console.log(`scripts/bench/peer.py is not tested: python3 does not start (${python.error.message})`);

let cache: string;
beforeAll(() => {
  cache = mkdtempSync(join(tmpdir(), 'kiln-peers-'));
});
afterAll(() => rmSync(cache, { recursive: true, force: true }));

describe.skipIf(python.error !== undefined)('a rival that cannot run here', () => {
  const sentence = (peer: string) => new RegExp(`^Cannot run ${peer}: [^\\n]*$`);

  test.each([
    [
      'diffusers',
      /lacks torch, diffusers, transformers, PIL \(pip install -r scripts\/bench\/requirements.txt\)/,
    ],
    ['diffusers-fp16', /lacks torch/],
    ['openvino', /lacks torch, diffusers, transformers, PIL, openvino/],
    ['openvino-bf16', /PIL, openvino/],
    ['onnxruntime', /PIL, onnxruntime/],
    ['tensorflow', /no such peer; there are diffusers, .*onnxruntime/],
  ])('says why in one line of JSON, and ends well: %s', (peer, reason) => {
    const { status, lines } = run(peer);
    expect(status).toBe(0);
    expect(lines).toHaveLength(1);
    const { unavailable, ...rest } = JSON.parse(lines[0]!);
    expect(rest).toEqual({});
    expect(unavailable).toMatch(sentence(peer));
    expect(unavailable).toMatch(reason);
  });

  test('says the same where one picture was asked for', () => {
    const request = { do: 'picture', prompt: 'a', width: 128, height: 128, steps: 1, guidance: 1, seed: 0 };
    const { status, lines } = run('diffusers', { more: ['--once', JSON.stringify(request)] });
    expect(status).toBe(0);
    expect(JSON.parse(lines.join('\n'))).toHaveProperty('unavailable');
  });
});
