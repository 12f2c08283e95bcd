import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { keyOf } from '../../../src/adapters/playground/view.js';
import { answering, button, drawn, listen, openPlayground, post, targetOf } from './playground.js';

const final = { weight: 'final', key: 'k3x9' } as const;
const progress = { weight: 'progress', key: 'k3x9' } as const;

/** Ids of what is in the room now, oldest first. */
async function idsIn(url: string, headers: Record<string, string> = {}): Promise<readonly string[]> {
  const events = await listen(url, headers);
  await events.next();
  const ids: string[] = [];
  for (;;) {
    const next = await Promise.race([events.next(), sleep(150)]);
    if (!next) return ids;
    if (next.event === 'message') ids.push(next.data.id);
  }
}

test('the room keeps what ended last and what waits, and no picture that nothing shows any more', async () => {
  const { room, kept, url } = await openPlayground();
  for (const id of ['waits', 'waited']) await room.show(targetOf(id), { text: ['Place 9'] }, progress);
  const [red, blue] = [await drawn('red'), await drawn('blue')];
  await room.show(targetOf('first'), { text: [], pictures: [blue] }, final);
  await room.show(targetOf('second'), { text: [], pictures: [red] }, final);
  for (let index = 0; index < 70; index += 1) {
    // The red one is shown once more before the message that had it goes.
    await room.show(
      targetOf(`m${index}`),
      { text: [`${index}`], pictures: index === 40 ? [red] : [] },
      final,
    );
  }
  await room.show(targetOf('waited'), { text: ['Done'] }, final);
  await room.show(targetOf('last'), { text: ['Done'] }, final);
  const events = await listen(url);
  const ids: string[] = [];
  while (ids.at(-1) !== 'last') {
    const { event, data } = await events.next();
    if (event === 'message') ids.push(data.id);
  }
  expect(ids).toEqual([
    'waits',
    ...Array.from({ length: 58 }, (_, index) => `m${index + 12}`),
    'waited',
    'last',
  ]);
  expect([...kept.files.keys()]).toEqual([keyOf(red.bytes, 'png')]);
});

test('a deleted job takes with it whatever else shows it, and its row of a list', async () => {
  const { room, kept, url } = await openPlayground();
  const [red, blue] = [await drawn('red'), await drawn('blue')];
  const other = { ...button('Re-roll', 'reroll'), job: 'other' };
  await room.show(
    targetOf('job'),
    { text: ['PROMPT'], pictures: [red], buttons: [[button('U1', 'pick', 1)]] },
    final,
  );
  await room.show(
    targetOf('picked'),
    { text: ['PROMPT'], pictures: [red], buttons: [[button('V1', 'vary', 1)]] },
    final,
  );
  await room.show(targetOf('other'), { text: ['Other'], pictures: [blue], buttons: [[other]] }, final);
  const items = [button('Show', 'show'), other].map((one) => ({
    title: [one.job],
    picture: red,
    buttons: [one],
  }));
  await room.show(targetOf('list'), { text: ['Yours'], items }, final);
  await room.remove(targetOf('job'));
  expect(await idsIn(url)).toEqual(['other', 'list']);
  const messages = kept.memory.get('playground/messages') ?? '';
  expect(messages).not.toContain('PROMPT');
  expect(messages).not.toContain('k3x9');
  // The list still shows the red one beside the other job.
  expect(kept.files.size).toBe(2);
  await room.remove(targetOf('list'));
  expect([...kept.files.keys()]).toEqual([keyOf(blue.bytes, 'png')]);
});

test('a person who is forgotten leaves no word and no picture, but what is being answered', async () => {
  const token = 'correct horse battery';
  const { handle } = answering((request) => ({ text: [`Drew ${request.options.typed}`] }));
  let forget: Promise<void> | undefined;
  const { room, kept, url } = await openPlayground({
    host: '0.0.0.0',
    token,
    async handle(request, responder) {
      if (request.command !== 'privacy') return handle(request, responder);
      await responder.acknowledge({ private: true });
      await (forget = room.forget?.(request.person));
      await responder.show({ text: ['Deleted'], private: true });
    },
  });
  const enter = async (name: string) =>
    (await post(url, '/login', { token, name })).headers.get('set-cookie')!.split(';')[0]!;
  const [ada, bob] = [await enter('Ada'), await enter('Bob')];
  const upload = new FormData();
  upload.set('ask', JSON.stringify({ key: randomUUID(), text: "Ada's heart" }));
  upload.set('picture', new File([new Uint8Array((await drawn('red')).bytes)], 'a.png'));
  await post(url, '/ask', upload, { cookie: ada });
  await post(url, '/ask', { key: randomUUID(), text: "Ada's fox" }, { cookie: ada });
  await post(url, '/ask', { key: randomUUID(), text: "Bob's fox" }, { cookie: bob });
  expect(kept.files.size).toBe(1);
  await post(url, '/ask', { key: randomUUID(), text: '/privacy delete' }, { cookie: ada });
  await expect.poll(() => kept.memory.get('playground/messages')).toContain('Deleted');
  expect(forget).toBeDefined();
  expect([...kept.memory.values()].join()).not.toMatch(/Ada's/);
  expect([...kept.memory.values()].join()).toContain("Bob's fox");
  expect(kept.files.size).toBe(0);
  expect(await idsIn(url, { cookie: ada })).toHaveLength(2);
});

test('pictures that a killed process kept for no message are removed at the next start', async () => {
  const { room, kept } = await openPlayground();
  const [red, blue] = [await drawn('red'), await drawn('blue')];
  await room.show(targetOf('one'), { text: [], pictures: [red] }, final);
  kept.files.set(keyOf(blue.bytes, 'png'), blue.bytes);
  await openPlayground({ kept });
  expect([...kept.files.keys()]).toEqual([keyOf(red.bytes, 'png')]);
});

test('a message that a killed process did not come to make is still its person’s', async () => {
  const { room, kept, url } = await openPlayground();
  await room.show({ ...targetOf('one'), by: 'Ada' }, { text: ["Ada's"] }, final);
  expect(await idsIn(url)).toEqual(['one']);
  await room.forget?.({ key: 'playground:Ada' });
  expect(await idsIn(url)).toEqual([]);
  expect([...kept.memory.values()].join()).not.toContain("Ada's");
});
