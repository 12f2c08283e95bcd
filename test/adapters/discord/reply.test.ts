import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fitFiles } from '../../../src/adapters/discord/fitFiles.js';
import { modalOf } from '../../../src/adapters/discord/modal.js';
import { nonceOf, payloadOf } from '../../../src/adapters/discord/reply.js';
import type { Item, Piece, Reply, Shown } from '../../../src/request.js';

const options = { limit: 10_485_760, requester: '80351110224678912' };

const file = (name: string, size: number, fallbacks: readonly Shown[] = []): Shown => ({
  name,
  bytes: Buffer.alloc(size),
  type: 'image/png',
  alt: `alt of ${name}`,
  fallbacks,
});

test('an edit leaves nothing of what was there before', () => {
  expect(payloadOf({ text: ['Hello'] }, options)).toEqual({
    body: {
      content: 'Hello',
      embeds: [],
      components: [],
      attachments: [],
      allowed_mentions: { parse: [], replied_user: false },
    },
    files: [],
  });
});

test('only the requester may be notified', () => {
  const mentions = (text: Piece[]) => payloadOf({ text }, options).body.allowed_mentions.users;
  expect(mentions([{ mention: options.requester }])).toEqual([options.requester]);
  expect(mentions([{ mention: '123' }, `<@${options.requester}>`, '@everyone'])).toBeUndefined();
  expect(payloadOf({ text: ['x'] }, { ...options, call: true }).body.content).toBe(
    `<@${options.requester}> x`,
  );
});

test('pictures have their alt text, names of their own, and their bytes', () => {
  const pictures = [file('a b.png', 3), file('a b.png', 4)];
  const { body, files } = payloadOf({ text: [], pictures }, options);
  expect(body.attachments).toEqual([
    { id: 0, filename: 'a-b.png', description: 'alt of a b.png' },
    { id: 1, filename: '1-a-b.png', description: 'alt of a b.png' },
  ]);
  expect(files.map(({ name, data }) => [name, data.length])).toEqual([
    ['a-b.png', 3],
    ['1-a-b.png', 4],
  ]);
});

describe('files are sent in the largest forms that', () => {
  test('Discord takes one by one', () => {
    const [large, middle, none] = fitFiles(
      [file('a', 100), file('b', 300, [file('b2', 200), file('b3', 90)]), file('c', 300)],
      200,
    );
    expect([large?.name, middle?.name, none?.name]).toEqual(['a', 'b2', undefined]);
  });

  test('fit into one request together', () => {
    const megabyte = 1024 * 1024;
    const each = (name: string) => file(name, 9 * megabyte, [file(`${name}-small`, megabyte)]);
    const chosen = fitFiles(['a', 'b', 'c'].map(each), 10 * megabyte);
    const sizes = chosen.map((form) => form?.bytes.length ?? 0);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(25 * megabyte);
    expect(sizes.filter((size) => size === 9 * megabyte)).toHaveLength(2);
    expect(sizes).toContain(megabyte);
  });
});

test('the buttons of several items carry the number of their item, one row each where there is room', () => {
  const item = (job: string): Item => ({
    title: [job],
    buttons: [
      { command: 'show', job, label: 'Show' },
      { command: 'reroll', job, label: '', emoji: '🔄' },
    ],
  });
  const { body } = payloadOf({ text: ['Yours'], items: ['a', 'b'].map(item) }, options);
  expect(body.content).toBe('Yours\n1 · a\n2 · b');
  expect(body.components.map(({ components }) => components.map(({ label }) => label))).toEqual([
    ['1 Show', '1'],
    ['2 Show', '2'],
  ]);
  const alone = payloadOf({ text: [], items: [item('a')] }, options).body;
  expect(alone.components[0]?.components.map(({ label }) => label)).toEqual(['Show', undefined]);
});

test('a button twice is a button once, and one without words says its command', () => {
  const button = { command: 'show', job: 'a', label: '' };
  const { body } = payloadOf({ text: [], buttons: [[button], [button]] }, options);
  expect(body.components).toHaveLength(1);
  expect(body.components[0]?.components).toMatchObject([{ label: 'show', custom_id: 'kiln:show:a' }]);
});

test('progress is a bar that never overflows', () => {
  const bar = (step: number, steps: number) =>
    payloadOf({ text: [], progress: { step, steps } }, options).body.content;
  expect(bar(0, 4)).toBe(`\n${'▱'.repeat(20)} 0/4`);
  expect(bar(4, 4)).toBe(`\n${'▰'.repeat(20)} 4/4`);
  expect(bar(9, 4)).toContain('▰'.repeat(20));
  expect(bar(0, 0)).toContain('▱'.repeat(20));
});

test('a nonce is the same for the same key, and short enough', () => {
  expect(nonceOf('a')).toBe(nonceOf('a'));
  expect(nonceOf('a')).not.toBe(nonceOf('b'));
  expect(nonceOf('discord:message:1234')).toMatch(/^.{25}$/);
});

test('a form keeps within what Discord shows', () => {
  const field = {
    name: 'prompt',
    label: 'l'.repeat(60),
    value: 'v'.repeat(5000),
    placeholder: 'p'.repeat(200),
    most: 9999,
  };
  const form = { title: 't'.repeat(60), command: 'imagine', fields: Array.from({ length: 6 }, () => field) };
  const modal = modalOf(form);
  expect(modal.title).toHaveLength(45);
  expect(modal.components).toHaveLength(5);
  expect(modal.components[0]).toMatchObject({
    label: `${'l'.repeat(44)}…`,
    component: {
      max_length: 4000,
      value: `${'v'.repeat(3999)}…`,
      placeholder: `${'p'.repeat(99)}…`,
      required: false,
    },
  });
});

test('whatever a reply is, its message keeps within every limit of Discord', () => {
  const words = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom('x'.repeat(9000), '*'.repeat(3000)),
  );
  const piece: fc.Arbitrary<Piece> = fc.oneof(
    words,
    words.map((bold) => ({ bold })),
    words.map((code) => ({ code })),
  );
  const text = fc.array(piece, { maxLength: 5 });
  const shown = fc
    .record({ name: words, size: fc.nat(2000), alt: words })
    .map(({ name, size, alt }) => ({ ...file(name, size), alt }));
  const button = fc.record({
    command: fc.constantFrom('show', 'reroll'),
    job: fc.string({ unit: 'binary-ascii', maxLength: 20 }),
    label: words,
  });
  const buttons = fc.array(button, { maxLength: 12 });
  const reply: fc.Arbitrary<Reply> = fc.record(
    {
      text,
      items: fc.array(
        fc.record({ title: text, body: text, picture: shown, buttons }, { requiredKeys: ['title'] }),
        { maxLength: 14 },
      ),
      pictures: fc.array(shown, { maxLength: 12 }),
      files: fc.array(shown, { maxLength: 3 }),
      buttons: fc.array(buttons, { maxLength: 7 }),
      progress: fc.record({ step: fc.nat(500), steps: fc.nat(500) }),
    },
    { requiredKeys: ['text'] },
  );
  fc.assert(
    fc.property(reply, (given) => {
      const { body, files } = payloadOf(given, { ...options, limit: 1500 });
      expect(body.content.length).toBeLessThanOrEqual(2000);
      expect(body.content.length + body.embeds.length + files.length).toBeGreaterThan(0);
      expect(body.embeds.length).toBeLessThanOrEqual(10);
      const lengths = body.embeds.map(
        ({ title = '', description = '' }) => title.length + description.length,
      );
      expect(lengths.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(6000);
      expect(body.embeds.every(({ title }) => title!.length >= 1 && title!.length <= 256)).toBe(true);
      expect(body.components.length).toBeLessThanOrEqual(5);
      const all = body.components.flatMap(({ components }) => components);
      expect(
        body.components.every(({ components }) => components.length >= 1 && components.length <= 5),
      ).toBe(true);
      expect(new Set(all.map(({ custom_id }) => custom_id)).size).toBe(all.length);
      expect(
        all.every(
          ({ custom_id, label }) => custom_id.length <= 100 && label!.length >= 1 && label!.length <= 80,
        ),
      ).toBe(true);
      expect(files.length).toBeLessThanOrEqual(10);
      expect(new Set(files.map(({ name }) => name)).size).toBe(files.length);
      expect(files.every(({ data }) => data.length <= 1500)).toBe(true);
      expect(body.attachments.every(({ description = '' }) => description.length <= 1024)).toBe(true);
    }),
    { numRuns: 300 },
  );
});
