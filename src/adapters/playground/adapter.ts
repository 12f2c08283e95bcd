import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { UserError } from '../../errors.js';
import type { Adapter, Target } from '../../request.js';
import type { AdapterTools } from '../tools.js';
import { createAsking } from './asking.js';
import { createDownloads } from './downloads.js';
import { sendEvents } from './events.js';
import { createGuard, isLoopback } from './guard.js';
import { createLogin } from './login.js';
import { createMessages, keysOf } from './messages.js';
import { readPage } from './page.js';
import { createServer, type ServerOptions } from './server.js';
import { keyOf, type ViewKeeping, viewOf } from './view.js';
import { jobsOf, withoutJobs } from './withoutJobs.js';

export interface PlaygroundOptions
  extends AdapterTools,
    Pick<ServerOptions, 'keepUpload' | 'picture' | 'health' | 'metrics'> {
  /** Where it listens: 127.0.0.1 unless somebody wants others to reach it. */
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** What people log in with; required where others than this machine can reach it, of no use elsewhere. */
  readonly token?: string;
  readonly version: string;
  /**
   * Where keepUpload and picture are the playground's own and no job's: what no message shows is removed there, when its
   * last message goes, or at the next start.
   */
  readonly files?: { keys(): AsyncIterable<string>; remove(key: string): Promise<void> };
}

export interface Playground extends Adapter {
  /** As `http://127.0.0.1:8188`, once it is started. */
  readonly address: string;
}

/** Characters of a token that can be guessed. */
const leastToken = 8;
/** For exports and for pictures only looked at. */
const mostPassingBytes = 64 * 1024 * 1024;
/** How long what is being sent may take at the end, and how often to look, in milliseconds. */
const patience = 2000;
const glance = 20;

/**
 * The web chat: Kiln's room on this machine, with the same commands, buttons and pictures as elsewhere, and health and
 * metrics on the same port.
 *
 * @throws UserError `bad-option` when others could reach it without a token
 * @example await createPlaygroundAdapter({ ...tools, host: '127.0.0.1', port: 8188, … }).start();
 */
export function createPlaygroundAdapter(options: PlaygroundOptions): Playground {
  const { host, token, version, clock, logger, handle, files } = options;
  const loopback = isLoopback(host);
  if (!loopback && (token?.length ?? 0) < leastToken) {
    const found = token ? `its login token has ${token.length} characters` : 'it has no login token';
    throw new UserError(
      'bad-option',
      `Cannot open the playground at ${host}: ${found}, want at least ${leastToken}`,
    );
  }

  const stopping = new AbortController();
  const epoch = randomBytes(6).toString('hex');
  const downloads = createDownloads(mostPassingBytes);
  const messages = createMessages({
    ...options,
    onDropped(keys) {
      removed = removed.then(() => discard(keys));
    },
  });
  const lasting: ViewKeeping = { keep: options.keepUpload, downloads };
  const passing: ViewKeeping = {
    async keep(bytes, ending) {
      const file = { name: ending, type: ending, bytes: Buffer.from(bytes) };
      return downloads.add(file, keyOf(bytes, ending));
    },
    downloads,
  };
  const asking = createAsking({
    handle,
    messages,
    logger,
    view: (reply) => viewOf(reply, lasting),
    passingView: (reply) => viewOf(reply, passing),
  });
  let server: Server | undefined;
  let port = options.port;
  /** Resolves when the pictures that went until now are off the disk. */
  let removed = Promise.resolve();
  /** Being sent now. */
  let answers = 0;

  /** Never rejects: what is left is found at the next start. */
  async function discard(keys: Iterable<string> | AsyncIterable<string>): Promise<void> {
    try {
      for await (const key of keys) await files?.remove(key);
    } catch (error) {
      logger.warn({ error }, 'the playground could not remove pictures that nothing shows');
    }
  }

  /** What a process that was killed had kept for messages that it did not come to make. */
  async function* strays(): AsyncIterable<string> {
    const shown = new Set(messages.all.flatMap(keysOf));
    for await (const key of files?.keys() ?? []) if (!shown.has(key)) yield key;
  }

  async function start(): Promise<void> {
    await messages.load();
    await discard(strays());
    const app = createServer({
      ...options,
      page: await readPage(),
      guard: createGuard(host, () => port),
      login: loopback ? undefined : createLogin(token!, clock),
      asking,
      messages,
      downloads,
      events: (c, name) => sendEvents(c, name, { messages, clock, epoch, version, signal: stopping.signal }),
    });
    const opened = createAdaptorServer({ fetch: app.fetch }) as Server;
    opened.on('request', (_request, response) => {
      answers += 1;
      response.once('close', () => (answers -= 1));
    });
    await new Promise<void>((resolve, reject) => {
      opened.once('error', reject);
      opened.listen(options.port, host.replace(/^\[|\]$/g, ''), () => resolve());
    }).catch((cause) => {
      throw new UserError('bad-option', `Cannot open the playground at ${host}:${port}: ${cause.code}`, {
        cause,
      });
    });
    const bound = opened.address();
    if (typeof bound === 'object' && bound) port = bound.port;
    server = opened;
  }

  function removeJobs(jobs: readonly string[]): void {
    const gone = new Set(jobs);
    for (const message of messages.all) {
      const left = withoutJobs(message, gone);
      if (!left) messages.remove(message.id);
      else if (left !== message) messages.put(message.id, left);
    }
  }

  async function stop(): Promise<void> {
    const closing = server;
    server = undefined;
    stopping.abort();
    if (closing) {
      const closed = new Promise<void>((resolve) => closing.close(() => resolve()));
      const hurry = setTimeout(() => closing.closeAllConnections(), patience);
      // Browsers open connections ahead, and keep old ones, for requests that need not come any more.
      const look = setInterval(() => answers === 0 && closing.closeAllConnections(), glance);
      await Promise.all([closed, asking.idle()]);
      clearInterval(look);
      clearTimeout(hurry);
    }
    await messages.saved();
    await removed;
  }

  return {
    platform: 'playground',
    start,
    stop,
    get ready() {
      return server !== undefined;
    },
    get address() {
      const name = /^(0\.0\.0\.0|\[?::\]?)$/.test(host) ? '127.0.0.1' : host;
      return `http://${name.includes(':') && !name.startsWith('[') ? `[${name}]` : name}:${port}`;
    },
    async show(target, reply, { weight }) {
      const id = idOf(target);
      if (messages.wasRemoved(id)) {
        throw new UserError('message-gone', 'Cannot show this in the playground: its message was deleted');
      }
      const by = typeof target.by === 'string' ? { by: target.by } : {};
      await asking.show(id, reply, { ended: weight === 'final', ...by });
      return target;
    },
    async remove(target) {
      const id = idOf(target);
      removeJobs(jobsOf(messages.get(id)));
      messages.remove(id);
      await messages.saved();
      await removed;
    },
    purge: messages.purge,
    async forget({ key }) {
      const own = messages.all.filter(({ by }) => key === `playground:${by}`);
      removeJobs(own.flatMap(jobsOf));
      // What is being answered just now is, as a rule, the wish to be forgotten.
      for (const { id, view } of own) if (view) messages.remove(id);
      await messages.saved();
      await removed;
    },
    async fetch(attachment) {
      const key = /^playground:([0-9a-f]{64}\.(?:png|webp|jpg))$/.exec(attachment.url)?.[1];
      const bytes = key && (await options.picture(key));
      if (!bytes) throw new UserError('bad-image', 'Cannot use this picture: it is not kept here any more');
      return bytes;
    },
    async post(_place, reply, key) {
      await asking.show(`post:${key}`, reply, { ended: true, by: 'Kiln' });
    },
  };
}

function idOf(target: Target): string {
  if (target.platform === 'playground' && typeof target.message === 'string') return target.message;
  throw new UserError('no-room', 'Cannot show this in the playground: its message is of another place');
}
