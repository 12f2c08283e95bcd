import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buttonId, readButtonId } from '../../../src/adapters/slack/buttonId.js';

test('what a button carries is read back from its id, which fits into 255 characters', () => {
  const press = fc.record(
    {
      command: fc.stringMatching(/^[a-z][a-z_-]{0,31}$/),
      job: fc.stringMatching(/^[\w-]{1,64}$/),
      index: fc.integer({ min: 0, max: 9999 }),
    },
    { requiredKeys: ['command', 'job'] },
  );
  fc.assert(
    fc.property(press, (one) => {
      expect(buttonId(one).length).toBeLessThanOrEqual(255);
      expect(readButtonId(buttonId(one))).toEqual(one);
    }),
  );
});

test.each([
  '',
  'kiln:',
  'kiln:vary',
  'kiln:vary:',
  'kiln:vary:a:b',
  'kiln:vary:a:1:2',
  'other:vary:a',
  'kiln:__proto__:a',
])('%j is no id of Kiln’s', (id) => {
  expect(readButtonId(id)).toBeUndefined();
});
