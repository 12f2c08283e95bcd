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
  /** Told of storage keys that no message shows any more; they may be a job's as well. */
  forget?(keys: readonly string[]): void;
}

export interface Playground extends Adapter {
  /** As `http://127.0.0.1:8188`, once it is started. */
  readonly address: string;
  /** Storage keys of pictures that messages show, for whoever cleans up. */
  keys(): readonly string[];
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
  const { host, token, version, clock, logger, handle, forget } = options;
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
  const messages = createMessages({ ...options, onDropped: (keys) => forget?.(keys) });
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
  /** Being sent now. */
  let answers = 0;

  async function start(): Promise<void> {
    await messages.load();
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
    keys: () => messages.all.flatMap(keysOf),
    async show(target, reply, { weight }) {
      const id = idOf(target);
      if (messages.wasRemoved(id)) {
        throw new UserError('message-gone', 'Cannot show this in the playground: its message was deleted');
      }
      await asking.show(id, reply, { ended: weight === 'final' });
      return target;
    },
    async remove(target) {
      messages.remove(idOf(target));
      await messages.saved();
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
