import fc from 'fast-check';
import { expect, test } from 'vitest';
import { replyMessage } from '../../../src/adapters/slack/reply.js';
import type { Item, Reply, Shown } from '../../../src/request.js';

const picture: Shown = {
  name: 'kiln-a-1.png',
  bytes: Buffer.from('png'),
  type: 'image/png',
  alt: 'a red fox',
};
const button = { command: 'vary', job: 'a', index: 1, label: 'V1', emoji: '✨' };
const blocksOf = (reply: Reply, fileOf: (one: Shown) => string | undefined = () => 'F1') =>
  replyMessage(reply, fileOf).blocks;

test('a drawing is shown as words, pictures with their description, and rows of buttons', () => {
  const blocks = blocksOf({
    text: ['Done'],
    pictures: [picture],
    buttons: [[button], [{ ...button, index: 2 }]],
  });
  expect(blocks.map(({ type }) => type)).toEqual(['rich_text', 'image', 'actions', 'actions']);
  expect(blocks[1]).toEqual({ type: 'image', slack_file: { id: 'F1' }, alt_text: 'a red fox' });
  expect(blocks[2]).toMatchObject({
    elements: [{ action_id: 'kiln:vary:a:1', text: { text: '✨ V1', emoji: true } }],
  });
});

test('progress is a bar of words', () => {
  const blocks = blocksOf({ text: ['Drawing'], progress: { step: 6, steps: 12 } });
  expect(JSON.stringify(blocks)).toContain('██████░░░░░░ 6/12');
});

test('a picture that could not be uploaded is told by its description', () => {
  expect(JSON.stringify(blocksOf({ text: ['Done'], pictures: [picture] }, () => undefined))).toContain(
    'a red fox',
  );
});

test('an item with a picture is a section beside it, without one rich text', () => {
  const items: Item[] = [
    { title: ['fox *x*'], body: ['yesterday'], picture, buttons: [button] },
    { title: ['hound'] },
  ];
  const blocks = blocksOf({ text: ['Yours'], items });
  expect(blocks.map(({ type }) => type)).toEqual(['rich_text', 'section', 'actions', 'rich_text']);
  expect(blocks[1]).toMatchObject({
    text: { type: 'plain_text', text: 'fox *x*\nyesterday', emoji: false },
    accessory: { type: 'image', slack_file: { id: 'F1' }, alt_text: 'a red fox' },
  });
});

test('a list that is too long ends with how many more there are, before its buttons', () => {
  const items = Array.from({ length: 80 }, (_, n) => ({ title: [`number ${n}`] }));
  const blocks = blocksOf({ text: ['Yours'], items, buttons: [[button]] });
  expect(blocks.length).toBe(50);
  expect(JSON.stringify(blocks.at(-2))).toContain('… and 33 more');
  expect(blocks.at(-1)).toMatchObject({ type: 'actions' });
});

test('whatever the reply, there are 1 to 50 blocks, none with two buttons of one id', () => {
  const label = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 120 });
  const buttons = fc.array(
    fc.record({ command: fc.constantFrom('vary', 'show'), job: fc.constantFrom('a', 'b'), label }),
    { maxLength: 30 },
  );
  const text = fc.array(fc.string({ maxLength: 4000 }), { maxLength: 5 });
  const reply = fc.record({
    text,
    items: fc.array(fc.record({ title: text, body: text, buttons }), { maxLength: 70 }),
    buttons: fc.array(buttons, { maxLength: 60 }),
  });
  fc.assert(
    fc.property(reply, (one) => {
      const blocks = blocksOf(one);
      expect(blocks.length).toBeGreaterThan(0);
      expect(blocks.length).toBeLessThanOrEqual(50);
      for (const block of blocks) {
        if (block.type !== 'actions') continue;
        const ids = block.elements.map((element) => ('action_id' in element ? element.action_id : ''));
        expect(ids.length).toBeGreaterThan(0);
        expect(new Set(ids).size).toBe(ids.length);
      }
    }),
    { numRuns: 200 },
  );
});
