import fc from 'fast-check';
import { expect, test } from 'vitest';
import { customIdOf, readCustomId } from '../../../src/adapters/discord/customId.js';

test('a button says its command, job and picture', () => {
  const button = { command: 'vary', job: '4k2j9d', index: 2 };
  expect(customIdOf(button)).toBe('kiln:vary:4k2j9d:2');
  expect(readCustomId('kiln:vary:4k2j9d:2', 'button')).toEqual(button);
});

test('the button that draws again has reroll in its id', () => {
  expect(customIdOf({ command: 'reroll', job: '4k2j9d' })).toContain('reroll');
});

test('a form is no button, and a button no form', () => {
  const form = { command: 'imagine', job: '4k2j9d', title: 'Edit', fields: [] };
  const id = customIdOf(form, 'form');
  expect(id).toBe('kiln:form:imagine:4k2j9d');
  expect(readCustomId(id, 'form')).toEqual({ command: 'imagine', job: '4k2j9d' });
  expect(readCustomId('kiln:imagine:4k2j9d', 'form')).toBeUndefined();
  expect(readCustomId('kiln:form:imagine', 'form')).toEqual({ command: 'imagine' });
});

test('whatever a job is called, it comes back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }), fc.nat(99), (job, index) => {
      const button = { command: 'show', job, index: index + 1 };
      if (encodeURIComponent(job).length > 80) return;
      expect(readCustomId(customIdOf(button), 'button')).toEqual(button);
    }),
  );
});

test('an id that Discord would refuse is not made', () => {
  expect(() => customIdOf({ command: 'show', job: 'x'.repeat(90) })).toThrow('has 100 characters');
});

test.each([
  '',
  'kiln',
  'kiln:',
  'kiln:%:%',
  'kiln:show:%ff',
  'kiln:show:a:0',
  'kiln:show:a:b',
  'other:show',
  'kiln:Show:a',
  'kiln:form:imagine:a:1:2',
  `kiln:show:${'x'.repeat(100)}`,
])('%j is no button of Kiln', (id) => {
  expect(readCustomId(id, 'button')).toBeUndefined();
});

test('no string whatever makes reading throw', () => {
  const like = fc.tuple(
    fc.constantFrom('kiln:', 'kiln:form:', ''),
    fc.string({ unit: 'binary', maxLength: 200 }),
  );
  fc.assert(
    fc.property(like, fc.constantFrom('button' as const, 'form' as const), ([start, rest], kind) => {
      const read = readCustomId(start + rest, kind);
      expect(read === undefined || /^[a-z][a-z0-9_-]*$/.test(read.command)).toBe(true);
    }),
    { numRuns: 1500 },
  );
});
