import { expect, test } from 'vitest';
import { sideError } from '../../src/engine/sideError.js';
import { UserError } from '../../src/errors.js';

const told = (message: string) =>
  (sideError(new UserError('bad-model', message), 'LoRA', 'ink', '/m/loras/ink.safetensors') as Error)
    .message;

test("a file's place is not told, what is wrong with it is", () => {
  expect(told('Cannot open /m/loras/ink.safetensors: it is 3 bytes long, want a .safetensors file')).toBe(
    'Cannot draw with LoRA "ink": it is 3 bytes long, want a .safetensors file',
  );
  const inFolder = new UserError('bad-model', 'Cannot open /m/loras/ink/a: b.safetensors: it is: broken');
  expect((sideError(inFolder, 'embedding', 'ink', '/m/loras/ink/a: b') as Error).message).toBe(
    'Cannot draw with embedding "ink": it is: broken',
  );
});

test('any other error comes back as it was', () => {
  expect(told('Cannot open /elsewhere: no')).toBe('Cannot open /elsewhere: no');
  const defect = new Error('Cannot open /m/loras/ink.safetensors: a defect');
  expect(sideError(defect, 'LoRA', 'ink', '/m/loras/ink.safetensors')).toBe(defect);
});
