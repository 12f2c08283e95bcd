import { expect, test } from 'vitest';
import { parseHeader } from '../../../src/engine/checkpoint/headerJson.js';
import { plainHeader } from '../../../src/engine/checkpoint/plainHeader.js';

const entry = '{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}';
const refuse = (found: string): never => {
  throw new Error(found);
};

test.each([
  `{"w":${entry}}`,
  `{"__metadata__":{"format":"pt"},"w":${entry},"ü/東.\\"x\\"":${entry}}   \n`,
  `{"w":{"data_offsets":[0,9007199254740991],"shape":[],"dtype":"F16"}}`,
  '{}',
])('%j is what the closer look finds', (text) => {
  expect(plainHeader(text)).toEqual(parseHeader(text, refuse));
});

test.each([
  [`{"w":${entry},"w":${entry}}`, 'a name twice'],
  [`{"w":{"dtype":"F32","dtype":"F16","shape":[],"data_offsets":[0,4]}}`, 'a key twice'],
  [`{"w": ${entry}}`, 'a space'],
  ['{"w":{"dtype":"F32","shape":[1e3],"data_offsets":[0,4000]}}', 'a number spelled otherwise'],
  ['{"w":{"dtype":"F32","shape":[],"data_offsets":[-0,4]}}', 'a negative zero'],
  ['{"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', 'a negative side'],
  ['{"w":{"dtype":"F32","shape":[0.5],"data_offsets":[0,4]}}', 'half a side'],
  ['{"w":{"dtype":"F32","shape":[9007199254740992],"data_offsets":[0,4]}}', 'a side past 2⁵³'],
  ['{"w":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}', 'nine sides'],
  ['{"w":{"dtype":"F32","shape":"1","data_offsets":[0,4]}}', 'a shape of letters'],
  ['{"w":{"dtype":"F32","shape":[1],"data_offsets":[4]}}', 'one offset'],
  ['{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}', 'three offsets'],
  ['{"w":{"dtype":7,"shape":[1],"data_offsets":[0,4]}}', 'a type of digits'],
  ['{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":0}}', 'a key too many'],
  ['{"w":{"dtype":"F32","shape":[1]}}', 'a key too few'],
  ['{"__metadata__":{"a":1}}', 'metadata that are no strings'],
  ['{"w":null}', 'no tensor'],
  ['[]', 'no object'],
  [`{"w":${entry}`, 'no end'],
  [`{"w":${'['.repeat(400_000)}`, 'depths'],
  [`{"w":${entry}}${' '.repeat(1_000_000)}`, 'over a million characters'],
])('%.80j is left to the closer look: %s', (text) => {
  expect(plainHeader(text)).toBeUndefined();
});
