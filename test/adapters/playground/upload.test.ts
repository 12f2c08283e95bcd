import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Attachment } from '../../../src/request.js';
import { answering, drawn, openPlayground, post } from './playground.js';

describe('pictures that come along', () => {
  test('a picture comes along as an attachment that can be fetched, told by its bytes and not its name', async () => {
    const { asked, handle } = answering({ text: ['Done'] });
    const { room, url } = await openPlayground({ handle });
    const { bytes } = await drawn('blue');
    expect((await post(url, '/ask', upload(bytes, 'cat.gif'))).status).toBe(200);
    const [{ options, target }] = asked as [(typeof asked)[0]];
    expect(options).toEqual({
      typed: 'a cat',
      image: { url: expect.any(String), name: 'cat.gif', bytes: bytes.length },
    });
    const attachment = options.image as { url: string; name: string };
    expect(Buffer.from(await room.fetch(attachment, target))).toEqual(bytes);
    for (const url of ['http://127.0.0.1/x.png', 'playground:../../x', `playground:${'b'.repeat(64)}.png`]) {
      await expect(room.fetch({ url, name: 'x' }, target)).rejects.toMatchObject({ code: 'bad-image' });
    }
  });

  test('a mask comes along under its name, is shown with the picture, and goes with the message', async () => {
    const { asked, handle } = answering({ text: ['Done'] });
    const { room, kept, url } = await openPlayground({ handle });
    const form = upload((await drawn('blue')).bytes, 'cat.png');
    const mask = await drawn('white');
    form.set('mask', new File([new Uint8Array(mask.bytes)], 'mask.png'));
    form.set('other', new File([new Uint8Array(mask.bytes)], 'other.png'));
    expect((await post(url, '/ask', form)).status).toBe(200);
    const [{ options, target }] = asked as [(typeof asked)[0]];
    expect(Object.keys(options)).toEqual(['typed', 'image', 'mask']);
    expect(Buffer.from(await room.fetch(options.mask as Attachment, target))).toEqual(mask.bytes);
    expect(kept.files.size).toBe(2);
    // Another life of the room still has both, as somebody may be waiting for what is drawn from them.
    await room.stop();
    const again = await openPlayground({ kept, handle });
    expect(kept.files.size).toBe(2);
    await again.room.remove(target);
    expect(kept.files.size).toBe(0);
  });

  test('a picture for a command that takes none is refused', async () => {
    const { url } = await openPlayground();
    const form = upload((await drawn('blue')).bytes, 'cat.png');
    form.set('ask', JSON.stringify({ key: randomUUID(), text: '/help' }));
    const response = await post(url, '/ask', form);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: string }).error).toContain(
      'Cannot use the picture with /help',
    );
  });

  test.each<[string, Uint8Array, number]>([
    ['a page', new TextEncoder().encode('<html><script>alert(1)</script>'), 400],
    ['an SVG', new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>'), 400],
    ['a GIF', new TextEncoder().encode('GIF89a..'), 400],
    ['nothing', new Uint8Array(), 400],
    [
      'more than 10 MiB',
      Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(10 * 2 ** 20)]),
      400,
    ],
    ['11 MiB of nothing', Buffer.alloc(11 * 2 ** 20), 400],
    ['more than three pictures may have', Buffer.alloc(31 * 2 ** 20), 413],
  ])('%s as a picture is refused and not kept', async (_name, bytes, status) => {
    const { asked, handle } = answering({ text: ['Done'] });
    const { kept, url } = await openPlayground({ handle });
    const response = await post(url, '/ask', upload(bytes, 'cat.png'));
    expect(response.status).toBe(status);
    expect(((await response.json()) as { error: string }).error).toMatch(/^Cannot .*: .*want/);
    expect(asked).toEqual([]);
    expect(kept.files.size).toBe(0);
  });
});

function upload(bytes: Uint8Array, name: string): FormData {
  const form = new FormData();
  form.set('ask', JSON.stringify({ key: randomUUID(), text: 'a cat' }));
  form.set('picture', new File([new Uint8Array(bytes)], name, { type: 'image/png' }));
  return form;
}
