import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Handle, Reply, Responder } from '../../../src/request.js';
import { answering, button, drawn, listen, openPlayground, post, targetOf } from './playground.js';

const final = { weight: 'final', key: 'k3x9' } as const;
const progress = { weight: 'progress', key: 'k3x9' } as const;

describe('what is asked', () => {
  test.each<[string, string, object, string, object, string]>([
    [
      'words',
      '/ask',
      { text: 'a red heart --seed 7' },
      'imagine',
      { typed: 'a red heart --seed 7' },
      'a red heart --seed 7',
    ],
    [
      'a command',
      '/ask',
      { text: '/imagine a red heart\n--seed 7' },
      'imagine',
      { typed: 'a red heart\n--seed 7' },
      '/imagine a red heart\n--seed 7',
    ],
    ['a command alone, in capitals', '/ask', { text: ' /QUEUE ' }, 'queue', { typed: '' }, '/QUEUE'],
    ['a command that is none', '/ask', { text: '/paint it' }, 'paint', { typed: 'it' }, '/paint it'],
    [
      'options',
      '/ask',
      { command: 'imagine', options: { prompt: 'a fox', steps: '5' } },
      'imagine',
      { prompt: 'a fox', steps: '5' },
      '/imagine a fox --steps 5',
    ],
    [
      'a button',
      '/press',
      { command: 'vary', job: 'k3x9', index: 2, label: 'V2' },
      'vary',
      { job: 'k3x9', index: 2 },
      'V2',
    ],
    [
      'a form',
      '/form',
      { command: 'edit', job: 'k3x9', title: 'Edit', fields: { prompt: 'a fox', negative: ' ' } },
      'edit',
      { prompt: 'a fox', job: 'k3x9' },
      'Edit: a fox',
    ],
  ])('%s', async (_name, path, body, command, options, shown) => {
    const { asked, handle } = answering({ text: ['Done'] });
    const { url } = await openPlayground({ handle });
    const key = randomUUID();
    const response = await post(url, path, { key, ...body });
    expect(await response.json()).toEqual({ message: key });
    expect(asked).toEqual([
      {
        key: `playground:${key}`,
        command,
        options,
        person: {
          key: 'playground:you',
          id: 'you',
          name: 'you',
          admin: true,
          moderator: true,
          roles: [],
          makesEmoji: false,
        },
        place: {
          platform: 'playground',
          server: 'playground',
          channel: 'playground',
          direct: false,
          ageRestricted: false,
          member: true,
        },
        target: { platform: 'playground', message: key, by: 'you' },
      },
    ]);
    const events = await listen(url);
    const { data } = await events.until(({ event }) => event === 'message');
    expect(data).toMatchObject({ id: key, by: 'you', asked: { text: shown }, view: { text: ['Done'] } });
  });

  test('the same key posted again and at once is one request', async () => {
    const { asked, handle } = answering({ text: ['Done'] });
    const { url } = await openPlayground({ handle });
    const body = { key: randomUUID(), text: 'a red heart' };
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(url, '/ask', body)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    expect(asked.length).toBe(1);
  });

  test('a form is the answer of the post itself', async () => {
    const form = {
      title: 'Edit',
      command: 'edit',
      job: 'k3x9',
      fields: [{ name: 'prompt', label: 'Prompt' }],
    };
    const { url } = await openPlayground({ handle: (_request, responder) => responder.open(form) });
    const response = await post(url, '/press', { key: randomUUID(), command: 'edit', job: 'k3x9' });
    expect(await response.json()).toEqual({ form });
  });

  test('what is asked aside comes back and leaves nothing in the room or on the disk', async () => {
    const picture = await drawn('green');
    const { handle } = answering({ text: ['Yours'], items: [{ title: ['a fox'], picture }] });
    const { kept, room, url } = await openPlayground({ handle });
    const response = await post(url, '/look', {
      key: randomUUID(),
      command: 'history',
      options: { search: 'fox' },
    });
    const { view } = (await response.json()) as { view: { items: { picture: { src: string } }[] } };
    expect(kept.files.size).toBe(0);
    const shown = await fetch(url + view.items[0]!.picture.src);
    expect(shown.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await shown.arrayBuffer())).toEqual(picture.bytes);
    const events = await listen(url);
    expect((await events.next()).event).toBe('hello');
    await room.show(targetOf('later'), { text: ['Later'] }, final);
    expect((await events.next()).data).toMatchObject({ id: 'later' });
  });

  test('a handle that never answers leaves no message behind', async () => {
    const { url } = await openPlayground();
    const response = await post(url, '/ask', { key: randomUUID(), text: 'a red heart' });
    expect(await response.json()).toEqual({});
  });

  test('files are handed over once each, as files', async () => {
    const file = { name: 'my "data"\n.csv', bytes: Buffer.from('a,b'), type: 'text/csv' } as const;
    const { handle } = answering({ text: ['Here'], files: [file] });
    const { kept, url } = await openPlayground({ handle });
    await post(url, '/ask', { key: randomUUID(), text: '/stats' });
    const { data } = await (await listen(url)).until(({ event }) => event === 'message');
    const response = await fetch(url + data.view.files[0].href);
    expect(await response.text()).toBe('a,b');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="my__data__.csv"');
    expect(kept.files.size).toBe(0);
    expect([...kept.memory.values()].join()).not.toContain('a,b');
  });
});

describe('what is shown', () => {
  test('a drawing goes from its place in line through its steps to its pictures, as one message', async () => {
    let responder: Responder | undefined;
    const handle: Handle = async (_request, given) => {
      responder = given;
      await given.acknowledge({ private: false });
      await given.show({ text: ['Place 2 in line'], buttons: [[button('Cancel', 'cancel')], []] });
    };
    const { room, url } = await openPlayground({ handle });
    const events = await listen(url);
    const key = randomUUID();
    await post(url, '/ask', { key, text: 'a red heart' });
    const preview = await drawn('pink', 8);
    const picture = await drawn('red');
    const target = targetOf(key);
    await room.show(target, { text: ['Drawing'], progress: { step: 3, steps: 20, preview } }, progress);
    expect(await room.show(target, { text: ['Done'], pictures: [picture] }, final)).toEqual(target);
    const seen = [];
    for (;;) {
      const { event, data } = await events.next();
      if (event === 'message') seen.push(data);
      if (data.ended) break;
    }
    expect(new Set(seen.map(({ id }) => id))).toEqual(new Set([key]));
    expect(seen.at(-1)).toMatchObject({
      asked: { text: 'a red heart' },
      view: {
        text: ['Done'],
        pictures: [
          { alt: 'A red square', width: 64, src: expect.stringMatching(/^\/pictures\/[0-9a-f]{64}\.png$/) },
        ],
      },
    });
    expect(seen.at(-1).view.progress).toBeUndefined();
    const drawing = seen.find(({ view }) => view?.progress);
    if (drawing) expect(drawing.view.progress.preview).toMatch(/^data:image\/png;base64,/);
    expect(responder).toBeDefined();
  });

  test('shows of one message do not overtake each other, however long their pictures take to keep', async () => {
    let delay = 40;
    const { room, url } = await openPlayground({
      async keepUpload() {
        await new Promise((resolve) => setTimeout(resolve, (delay -= 20)));
        return `${'c'.repeat(64)}.png`;
      },
    });
    const reply = (words: string, picture: Reply['pictures']): Reply => ({
      text: [words],
      pictures: picture,
    });
    const pictures = [await drawn('red')];
    await Promise.all([
      room.show(targetOf('one'), reply('first', pictures), final),
      room.show(targetOf('one'), reply('second', pictures), final),
      room.show(targetOf('one'), reply('third', undefined), final),
    ]);
    const { data } = await (await listen(url)).until(({ event }) => event === 'message');
    expect(data.view.text).toEqual(['third']);
  });

  test('only the one who asked is sent what is for them alone', async () => {
    const token = 'correct horse battery';
    const { handle } = answering({ text: ['For Ada'], private: true });
    const { room, url } = await openPlayground({ host: '0.0.0.0', token, handle });
    const enter = async (name: string) =>
      (await post(url, '/login', { token, name })).headers.get('set-cookie')!.split(';')[0]!;
    const [ada, bob] = [await enter('Ada'), await enter('Bob')];
    const key = randomUUID();
    await post(url, '/ask', { key, text: '/history' }, { cookie: ada });
    await room.show(targetOf('all'), { text: ['For all'] }, final);
    const heard = async (cookie: string) => {
      const events = await listen(url, { cookie });
      const texts: string[] = [];
      while (!texts.includes('For all')) {
        const { event, data } = await events.next();
        if (event === 'message') texts.push(...data.view.text);
      }
      return texts;
    };
    expect(await heard(ada)).toEqual(['For Ada', 'For all']);
    expect(await heard(bob)).toEqual(['For all']);
    await post(url, '/dismiss', { id: key }, { cookie: bob });
    expect(await heard(ada)).toEqual(['For Ada', 'For all']);
    await post(url, '/dismiss', { id: key }, { cookie: ada });
    expect(await heard(ada)).toEqual(['For all']);
  });

  test('a deleted message is gone, and stays so after a restart', async () => {
    const { room, kept, url } = await openPlayground();
    const events = await listen(url);
    await room.show(targetOf('one'), { text: ['Done'] }, final);
    await room.remove(targetOf('one'));
    await room.remove(targetOf('none'));
    expect((await events.until(({ event }) => event === 'gone')).data).toEqual({ id: 'one' });
    await expect(room.show(targetOf('one'), { text: ['Done'] }, final)).rejects.toMatchObject({
      code: 'message-gone',
    });
    await room.stop();
    const { room: next } = await openPlayground({ kept });
    await expect(next.show(targetOf('one'), { text: ['Done'] }, final)).rejects.toMatchObject({
      code: 'message-gone',
    });
    await expect(next.show({ platform: 'slack', ts: '1' }, { text: [] }, final)).rejects.toMatchObject({
      code: 'no-room',
    });
  });
});

test('stopping ends the streams, and waits for what is being answered', async () => {
  let go = () => {};
  const { room, kept, url } = await openPlayground({
    async handle(_request, responder) {
      await responder.acknowledge({ private: false });
      await new Promise<void>((resolve) => (go = resolve));
      await responder.show({ text: ['Just in time'] });
    },
  });
  const events = await listen(url);
  expect(room.ready).toBe(true);
  await post(url, '/ask', { key: randomUUID(), text: 'a red heart' });
  const stopped = room.stop();
  expect(room.ready).toBe(false);
  go();
  await stopped;
  expect([...kept.memory.values()].join()).toContain('Just in time');
  await expect(events.until(({ event }) => event === 'never')).rejects.toThrow();
  await expect(fetch(url)).rejects.toThrow();
});
