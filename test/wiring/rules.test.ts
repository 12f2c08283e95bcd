import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refuseForbidden } from '../../src/wiring/rules.js';

const forbidden = ['blood', 'dead body', 'Ünsinn', '血', 'lid'];

describe('forbidden words are found however they are written', () => {
  test.each([
    'blood',
    'a pool of BLOOD on the floor',
    'b l o o d',
    'blöód',
    'ｂｌｏｏｄ',
    'bl\u200bood',
    'bl00d',
    'ЬLOOD blооd',
    'b.l.o.o.d',
    'dead   body',
    'dead-body',
    'DEAD\nBODY',
    'unsinn',
    '红色的血液',
    'a 1id',
  ])('%j', (prompt) => {
    expect(() => refuseForbidden(prompt, forbidden)).toThrow('it has words that are not allowed here');
  });
});

describe('other words are not', () => {
  test.each(['bloodhound', 'a dead tree and a body of water', 'a fox', '', 'bloo d', '🩸'])(
    '%j',
    (prompt) => {
      expect(() => refuseForbidden(prompt, forbidden)).not.toThrow();
    },
  );
});

test('the refusal does not repeat the word', () => {
  expect(() => refuseForbidden('blood', forbidden)).toThrow(/^(?!.*blood)/i);
});

test('no prompt makes it fail otherwise, or take long', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 500 }),
      fc.array(fc.string(), { maxLength: 3 }),
      (prompt, words) => {
        try {
          refuseForbidden(prompt, words);
        } catch (error) {
          expect(error).toMatchObject({ code: 'unsafe' });
        }
      },
    ),
    { numRuns: 1000 },
  );
});
