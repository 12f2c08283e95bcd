import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { fetchAttachment } from '../../../src/adapters/slack/fetch.js';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  open.push({
    close() {
      server.closeAllConnections();
      server.close();
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a picture is fetched with the token', async () => {
  let seen: string | undefined;
  const host = await serve((request, response) => {
    seen = request.headers.authorization;
    response.end('a picture');
  });
  const bytes = await fetchAttachment({ url: `${host}/a.png`, name: 'a.png' }, 'xoxb-1', `${host}/api/`);
  expect(Buffer.from(bytes).toString()).toBe('a picture');
  expect(seen).toBe('Bearer xoxb-1');
});

test.each([
  'http://files.slack.com/a.png',
  'https://files.slack.com.example/a.png',
  'https://files.slack.com:444/a.png',
  'https://files.slack.com@example.com/a.png',
  'https://a:b@files.slack.com/a.png',
  'https://slack-files.com/a.png',
  'http://127.0.0.1/a.png',
  'file:///etc/passwd',
  'nonsense',
])('%s is not asked for', async (url) => {
  const asked = fetchAttachment({ url, name: 'a.png' }, 'xoxb-1', 'https://slack.example/api/');
  await expect(asked).rejects.toMatchObject({
    code: 'bad-image',
    message: expect.stringContaining('elsewhere'),
  });
});

test('a redirect is not followed, so that the token goes nowhere else', async () => {
  let asked = 0;
  const elsewhere = await serve((_request, response) => {
    asked++;
    response.end();
  });
  const host = await serve((_request, response) => {
    response.writeHead(302, { location: elsewhere }).end();
  });
  const fetched = fetchAttachment({ url: `${host}/a.png`, name: 'a.png' }, 'xoxb-1', `${host}/api/`);
  await expect(fetched).rejects.toMatchObject({ code: 'bad-image', message: expect.stringContaining('302') });
  expect(asked).toBe(0);
});

test('more than 10 MiB are refused, announced or not', async () => {
  const host = await serve((_request, response) => {
    const part = Buffer.alloc(2 ** 20);
    const more = () => {
      while (response.write(part));
      response.once('drain', more);
    };
    more();
  });
  const attachment = { url: `${host}/a.png`, name: 'a.png' };
  const large = { code: 'bad-image', message: expect.stringContaining('10 MiB') };
  await expect(fetchAttachment(attachment, 'xoxb-1', `${host}/api/`)).rejects.toMatchObject(large);
  const announced = { ...attachment, bytes: 11 * 2 ** 20 };
  await expect(fetchAttachment(announced, 'xoxb-1', `${host}/api/`)).rejects.toMatchObject(large);
});

test('the page that Slack shows to strangers is no picture', async () => {
  const host = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>Sign in');
  });
  const fetched = fetchAttachment({ url: `${host}/a.png`, name: 'a.png' }, 'xoxb-1', `${host}/api/`);
  await expect(fetched).rejects.toMatchObject({
    code: 'bad-image',
    message: expect.stringContaining('text/html'),
  });
});
