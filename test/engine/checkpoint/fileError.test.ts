import { expect, test } from 'vitest';
import { fileError } from '../../../src/engine/checkpoint/fileError.js';
import { UserError } from '../../../src/errors.js';

const thrown = (code: string) => Object.assign(new Error(`${code}: something, open '/x'`), { code });

test.each([
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EROFS', 'the file system is read-only'],
  ['EACCES', 'permission denied'],
  ['ESTALE', 'ESTALE'],
])('%s is one sentence for people', (code, reason) => {
  const error = fileError('Cannot write to /cache', thrown(code), 'bad-output');
  expect(error).toMatchObject({
    name: 'UserError',
    code: 'bad-output',
    message: `Cannot write to /cache: ${reason}`,
  });
});

test.each([
  ['a sentence that was made already', new UserError('bad-model', 'Cannot open /x: no')],
  ['a defect', new TypeError('x is not a function')],
  ["Node's own refusal of an argument", thrown('ERR_INVALID_ARG_TYPE')],
  ['what is no error', 'a string'],
])('%s comes back as it was', (_, error) => {
  expect(fileError('Cannot write to /cache', error, 'bad-output')).toBe(error);
});
