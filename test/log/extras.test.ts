import { describe, expect, test } from 'vitest';
import { readExtras, writeExtras } from '../../src/log/extras.js';

test('what is written is read as it was, and nothing of a job without extras', () => {
  const extras = {
    control: { name: 'canny', scale: 0.5, detect: 'scribble' as const },
    hires: { scale: 2, strength: 0.6 },
    variation: { seed: 2 ** 32 - 1, strength: 0 },
    refiner: { name: 'Röntgen 2.0' },
    clipSkip: 2,
    imageGuidance: 1.5,
    noiseLevel: 20,
    quality: 'fast' as const,
  };
  expect(readExtras(writeExtras(extras)!)).toEqual(extras);
  expect(writeExtras({ control: undefined })).toBeUndefined();
  expect(readExtras(null)).toEqual({});
});

describe('what no Kiln has written is unreadable, and nothing more', () => {
  test.each([
    '',
    'null',
    '7',
    '[]',
    '{"hires":',
    '{"hires":{"scale":1}}',
    '{"hires":{"scale":"2"}}',
    '{"hires":{"scale":1e999}}',
    '{"hires":{"scale":2,"file":"/etc/passwd"}}',
    '{"control":{"name":"../../secret"}}',
    '{"control":{"name":"/etc/passwd"}}',
    '{"control":{"name":"a\\\\b"}}',
    '{"control":{"name":".hidden"}}',
    '{"control":{"name":"a\\u0000b"}}',
    '{"control":{"name":""}}',
    '{"control":{"name":"canny","file":"/tmp/x"}}',
    '{"control":{"name":"canny","detect":"everything"}}',
    '{"refiner":{"name":"a/b"}}',
    '{"variation":{"seed":-1,"strength":0.5}}',
    '{"variation":{"seed":1.5,"strength":0.5}}',
    '{"clipSkip":99}',
    '{"noiseLevel":-1}',
    '{"quality":"exact"}',
    '{"quality":"superb"}',
    '{"unreadable":false}',
    '{"__proto__":{"clipSkip":1}}',
    '{"constructor":1}',
    `${'['.repeat(100_000)}`,
    `{"control":{"name":"${'a'.repeat(1_000_000)}"}}`,
  ])('%.60s', (text) => {
    expect(readExtras(text)).toEqual({ unreadable: true });
    expect(({} as { clipSkip?: number }).clipSkip).toBeUndefined();
  });
});
