import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { expect, test, vi } from 'vitest';
import { silentLogger } from '../../../src/logger.js';
import { openPlayground, post } from './playground.js';

const key = randomUUID();

test.each<[string, unknown, string]>([
  ['/press', { key: 'x', command: 'info', job: 'a' }, 'key is "x", want a UUID'],
  ['/press', { key, command: 'info' }, 'job is missing, want text of 1 to 100 characters'],
  [
    '/press',
    { key, command: 'info', job: 'a', index: '1' },
    'index is "1", want a whole number from 0 to 100000',
  ],
  ['/press', [], 'it is [], want a JSON object'],
  [
    '/form',
    { key, command: 'imagine', fields: 'a fox' },
    'fields is "a fox", want texts by the names of fields',
  ],
  [
    '/form',
    { key, command: 'imagine', fields: { prompt: 7 } },
    'fields.prompt is 7, want text of 0 to 8000 characters',
  ],
  [
    '/ask',
    { key, command: 'imagine', options: { a: [] } },
    'options.a is [], want text of at most 8000 characters, a',
  ],
])('%s of %j is refused for what is wrong with it', async (path, body, sentence) => {
  const { url } = await openPlayground();
  const response = await post(url, path, body);
  expect(response.status).toBe(400);
  const { error } = (await response.json()) as { error: string };
  expect(error).toContain(`Cannot read this request: ${sentence}`);
});

test('a login of more than 4 KiB is refused, and is no defect', async () => {
  const { url } = await openPlayground({ host: '0.0.0.0', token: 'correct horse battery' });
  const response = await post(url, '/login', { token: 'x'.repeat(5000) });
  expect(response.status).toBe(413);
  expect(await response.json()).toEqual({ error: 'Cannot take this: it is too large, want at most 4 KiB' });
});

test('whoever hangs up in the middle of a post is no defect', async () => {
  const error = vi.fn();
  const { port } = await openPlayground({
    logger: { ...silentLogger, debug() {}, info() {}, warn() {}, error },
  });
  const head = `POST /ask HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\norigin: http://127.0.0.1:${port}\r\n`;
  const socket = connect(port, '127.0.0.1');
  socket.write(`${head}content-length: 90\r\n\r\n{"key"`, () => setTimeout(() => socket.destroy(), 50));
  await new Promise((resolve) => socket.on('close', resolve));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(error).not.toHaveBeenCalled();
});
