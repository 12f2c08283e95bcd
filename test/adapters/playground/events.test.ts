import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { answering, drawn, listen, openPlayground, post, targetOf } from './playground.js';

const final = { weight: 'final', key: 'k3x9' } as const;

describe('a page that comes back', () => {
  test('is sent only what changed since, in the order it changed', async () => {
    const { room, url } = await openPlayground();
    for (const id of ['one', 'two', 'three']) await room.show(targetOf(id), { text: [id] }, final);
    const first = await listen(url);
    expect((await first.next()).data).toEqual({ version: '9.9.9', name: 'you', fresh: true });
    const seen = [await first.next(), await first.next(), await first.next()];
    expect(seen.map(({ data }) => data.id)).toEqual(['one', 'two', 'three']);
    first.close();
    await room.show(targetOf('two'), { text: ['changed'] }, final);
    await room.remove(targetOf('one'));
    await room.show(targetOf('four'), { text: ['four'] }, final);
    const again = await listen(url, { 'last-event-id': seen[2]!.id! });
    expect((await again.next()).data.fresh).toBe(false);
    const [changed, gone, made] = [await again.next(), await again.next(), await again.next()];
    expect(changed).toMatchObject({
      event: 'message',
      data: { id: 'two', order: 1, view: { text: ['changed'] } },
    });
    expect(gone).toMatchObject({ event: 'gone', data: { id: 'one' } });
    expect(made).toMatchObject({ event: 'message', data: { id: 'four', order: 3 } });
  });

  test.each(['nonsense', 'ffffffffffff.3', '.', '999'])(
    'is sent everything when it was last at %j',
    async (id) => {
      const { room, url } = await openPlayground();
      await room.show(targetOf('one'), { text: ['one'] }, final);
      const events = await listen(url, { 'last-event-id': id });
      expect((await events.next()).data.fresh).toBe(true);
      expect((await events.next()).data.id).toBe('one');
    },
  );

  test('finds the room as it was after a restart, and a reply shown twice is there once', async () => {
    const picture = await drawn('red');
    const { handle } = answering({ text: ['Place 1'] });
    const { room, kept, url } = await openPlayground({ handle });
    const key = randomUUID();
    await post(url, '/ask', { key, text: 'a red heart' });
    await room.show(targetOf(key), { text: ['Done'], pictures: [picture] }, final);
    // As a kill -9 leaves it: nothing is stopped.
    const { room: next, url: nextUrl } = await openPlayground({ kept });
    await next.show(targetOf(key), { text: ['Done'], pictures: [picture] }, final);
    await next.show(targetOf('last'), { text: ['last'] }, final);
    const events = await listen(nextUrl);
    const seen = [];
    while (seen.at(-1)?.id !== 'last') {
      const { event, data } = await events.next();
      if (event === 'message') seen.push(data);
    }
    expect(seen.map(({ id }) => id)).toEqual([key, 'last']);
    expect(seen[0]).toMatchObject({ asked: { text: 'a red heart' }, view: { text: ['Done'] } });
    expect((await fetch(nextUrl + seen[0].view.pictures[0].src)).status).toBe(200);
  });

  test('is told what a message was waiting for when Kiln was killed', async () => {
    const { kept, url } = await openPlayground({
      handle: async (_request, responder) => void (await responder.acknowledge({ private: true })),
    });
    await post(url, '/ask', { key: randomUUID(), text: '/history' });
    const { url: next } = await openPlayground({ kept });
    const { data } = await (await listen(next)).until(({ event }) => event === 'message');
    expect(data.view.text[0]).toMatch(/stopped before it could answer/);
  });
});
