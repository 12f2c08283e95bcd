import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { type Command, type OptionSpec, optionsOf, type Suggestion } from '../../command.js';
import { UserError } from '../../errors.js';
import type { Person } from '../../request.js';
import type { AdapterTools } from '../tools.js';
import { type Asking, room } from './asking.js';
import type { Downloads } from './downloads.js';
import type { Guard } from './guard.js';
import { type Login, loginLasts } from './login.js';
import type { Messages } from './messages.js';
import type { PageFile } from './page.js';
import {
  type Posted,
  pictureOptions,
  readAsk,
  readForm,
  readPress,
  type Upload,
  withPictures,
} from './posted.js';
import { mostUploadBytes, uploadEnding } from './upload.js';

export interface ServerOptions extends Pick<AdapterTools, 'commands' | 'suggest' | 'logger'> {
  readonly page: ReadonlyMap<string, PageFile>;
  readonly guard: Guard;
  /** Left out where only this machine can reach it: then everybody is `you`. */
  readonly login?: Login;
  readonly asking: Asking;
  readonly messages: Messages;
  readonly downloads: Downloads;
  keepUpload(bytes: Uint8Array, ending: string): Promise<string>;
  picture(key: string): Promise<Buffer | undefined>;
  health(): { readonly ready: boolean; readonly reasons: readonly string[] };
  metrics(): Promise<{ readonly type: string; readonly body: string }>;
  events(c: Context, name: string): Response;
}

type Env = { Bindings: HttpBindings; Variables: { person: Person | undefined } };
type Reached = Context<Env>;

const cookie = 'kiln';
const pictureKey = /^[0-9a-f]{64}\.(png|webp|jpg)$/;
const pictureTypes: Readonly<Record<string, string>> = {
  png: 'image/png',
  webp: 'image/webp',
  jpg: 'image/jpeg',
};
const suggestions: readonly Suggestion[] = [
  ...(['models', 'styles', 'schedulers', 'jobs', 'loras', 'controlnets', 'refiners'] as const),
];
/** To start from, its mask, and a ControlNet's. */
const mostUploads = 3;
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " +
  "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/**
 * The playground's addresses: the page, what it posts, what it is sent, and health and metrics beside it.
 *
 * @example createServer(options).fetch(new Request('http://127.0.0.1:8188/healthz'))
 */
export function createServer(options: ServerOptions): Hono<Env> {
  const { page, guard, login, asking, messages, downloads, commands, logger } = options;
  const app = new Hono<Env>();

  app.use(async (c, next) => {
    const refusal = guard({
      method: c.req.method,
      host: c.req.header('host'),
      origin: c.req.header('origin'),
      site: c.req.header('sec-fetch-site'),
    });
    if (refusal) return c.json({ error: refusal }, 403);
    c.set('person', personOf(c));
    await next();
    c.res.headers.set('X-Content-Type-Options', 'nosniff');
    c.res.headers.set('Referrer-Policy', 'no-referrer');
    c.res.headers.set('X-Frame-Options', 'DENY');
    c.res.headers.set('Cross-Origin-Resource-Policy', 'same-origin');
    c.res.headers.set('Cross-Origin-Opener-Policy', 'same-origin');
    if (!c.res.headers.has('Content-Security-Policy')) c.res.headers.set('Content-Security-Policy', policy);
    if (!c.res.headers.has('Cache-Control')) c.res.headers.set('Cache-Control', 'no-store');
  });

  app.get('/healthz', (c) => c.text('ok'));
  app.get('/readyz', (c) => {
    const { ready, reasons } = options.health();
    return c.json(c.get('person') ? { ready, reasons } : { ready }, ready ? 200 : 503);
  });
  app.get('/', (c) => sendFile(c, c.get('person') ? 'index.html' : 'login.html'));
  app.get('/page/:name', (c) => sendFile(c, c.req.param('name')));
  app.post('/login', atMost(4096, 'at most 4 KiB'), async (c) => {
    const { token, name } = (await body(c)) as { token?: unknown; name?: unknown };
    if (!login) return c.json({});
    const called = typeof name === 'string' ? name.trim().normalize('NFC') : '';
    if (called !== '' && !/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,39}$/u.test(called)) {
      return c.json(
        { error: 'Cannot log in: the name has signs in it, want letters, digits and spaces' },
        400,
      );
    }
    const entered = typeof token === 'string' ? login.enter(token, called || 'you', address(c)) : undefined;
    if (entered === 'wait') {
      c.header('Retry-After', '60');
      return c.json({ error: 'Cannot log in: too many tries, want a minute of patience' }, 429);
    }
    if (!entered)
      return c.json({ error: 'Cannot log in: the token is wrong, want the one Kiln was given' }, 401);
    const secure = c.req.header('origin')?.startsWith('https:') === true;
    setCookie(c, cookie, entered, {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      maxAge: loginLasts / 1000,
      secure,
    });
    return c.json({});
  });
  app.post('/logout', (c) => {
    deleteCookie(c, cookie, { path: '/' });
    return c.json({});
  });

  app.use(async (c, next) => {
    if (!c.get('person')) return c.json({ error: 'Cannot show this: you are not logged in' }, 401);
    return next();
  });

  app.get('/metrics', async (c) => {
    const { type, body } = await options.metrics();
    return c.body(body, 200, { 'Content-Type': type });
  });
  app.get('/commands', async (c) => {
    const asking = { person: me(c), place: room };
    const some = async ({ among }: OptionSpec) =>
      among === undefined || (await options.suggest(among, '', asking, 1)).length > 0;
    const typed = commands.filter(({ ways }) => ways.includes('typed'));
    return c.json(await Promise.all(typed.map((command) => described(command, some))));
  });
  app.get('/suggest', async (c) => {
    const what = suggestions.find((one) => one === c.req.query('what'));
    if (!what) return c.json([]);
    const typed = (c.req.query('typed') ?? '').slice(0, 100);
    return c.json(await options.suggest(what, typed, { person: me(c), place: room }, 8));
  });
  app.get('/pictures/:key', async (c) => {
    const key = c.req.param('key');
    const bytes = pictureKey.test(key)
      ? (downloads.get(key)?.bytes ?? (await options.picture(key)))
      : undefined;
    if (!bytes) return c.notFound();
    return c.body(new Uint8Array(bytes), 200, {
      'Content-Type': pictureTypes[key.slice(65)]!,
      'Cache-Control': 'private, max-age=31536000, immutable',
      'Content-Security-Policy': "default-src 'none'; sandbox",
    });
  });
  app.get('/files/:id', (c) => {
    const file = downloads.get(c.req.param('id'));
    if (!file || pictureKey.test(c.req.param('id'))) return c.notFound();
    return c.body(new Uint8Array(file.bytes), 200, {
      'Content-Type': file.type,
      'Content-Disposition': `attachment; filename="${file.name.replace(/[^\w.-]/g, '_')}"`,
      'Content-Security-Policy': "default-src 'none'; sandbox",
    });
  });
  app.get('/events', (c) => (c.req.method === 'HEAD' ? c.body(null) : options.events(c, me(c).name)));

  app.use(atMost(mostUploads * mostUploadBytes + 64 * 1024, 'pictures of at most 10 MiB'));
  app.post('/ask', async (c) => {
    if (!/^multipart\/form-data\b/i.test(c.req.header('content-type') ?? '')) {
      return send(c, readAsk(await body(c), commands));
    }
    const form = await c.req.formData().catch((cause) => {
      throw new UserError('bad-option', 'Cannot read this request: its parts are broken', { cause });
    });
    const posted = readAsk(parse(String(form.get('ask') ?? '')), commands);
    const files = ['picture', ...pictureOptions(posted.command, commands)].flatMap((option) => {
      const file = form.get(option);
      return file === null || typeof file === 'string' ? [] : [{ option, file }];
    });
    if (files.length === 0) return send(c, posted);
    const uploads = await Promise.all(files.map(upload));
    return send(c, withPictures(posted, uploads, commands));
  });
  app.use(atMost(64 * 1024, 'at most 64 KiB'));
  app.post('/press', async (c) => send(c, readPress(await body(c))));
  app.post('/form', async (c) => send(c, readForm(await body(c))));
  app.post('/look', async (c) => send(c, readAsk(await body(c), commands), true));
  app.post('/dismiss', async (c) => {
    const { id } = (await body(c)) as { id?: unknown };
    const message = typeof id === 'string' ? messages.get(id) : undefined;
    if (message?.private && message.by === me(c).name) messages.remove(message.id);
    return c.json({});
  });

  app.notFound((c) => c.json({ error: 'Cannot find this: there is nothing at this address' }, 404));
  app.onError((error, c) => {
    if (error instanceof UserError)
      return c.json({ error: error.message }, error.code === 'line-full' ? 429 : 400);
    // Whoever posted it hung up in the middle: nobody is left to read this.
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') return c.body(null, 400);
    logger.error({ error, path: c.req.routePath }, 'the playground could not answer');
    return c.json({ error: 'Cannot answer this: something in Kiln went wrong, and was noted' }, 500);
  });
  return app;

  async function upload({ option, file }: { option: string; file: File }): Promise<Upload> {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const key = await options.keepUpload(bytes, uploadEnding(bytes));
    const attachment = { url: `playground:${key}`, name: file.name.slice(0, 200), bytes: bytes.length };
    return { option, attachment, src: `/pictures/${key}` };
  }

  async function send(c: Reached, posted: Posted, aside = false): Promise<Response> {
    return c.json(await asking.ask({ ...posted, person: me(c), aside }));
  }

  function personOf(c: Reached): Person | undefined {
    if (!login) return person('you');
    const name = login.nameOf(getCookie(c, cookie));
    if (name !== undefined) return person(name);
    return login.bears(c.req.header('authorization'), address(c)) ? person('you') : undefined;
  }

  function sendFile(c: Reached, name: string): Response {
    const file = page.get(name);
    if (!file) return c.notFound() as Response;
    const headers = { 'Content-Type': file.type, 'Cache-Control': 'no-cache', ETag: file.etag };
    if (c.req.header('if-none-match') === file.etag) return c.body(null, 304, headers);
    return c.body(new Uint8Array(file.bytes), 200, headers);
  }
}

/** Whoever gets this far is at this machine, or has the token. */
function person(name: string): Person {
  const key = `playground:${name}`;
  return { key, id: name, name, admin: true, moderator: true, roles: [], makesEmoji: false };
}

function me(c: Reached): Person {
  const found = c.get('person');
  if (!found) throw new Error('asked for somebody who is not logged in');
  return found;
}

function atMost(maxSize: number, wanted: string) {
  return bodyLimit({
    maxSize,
    onError: (c) => c.json({ error: `Cannot take this: it is too large, want ${wanted}` }, 413),
  });
}

function address(c: Reached): string {
  return c.env.incoming.socket.remoteAddress ?? 'unknown';
}

async function body(c: Reached): Promise<unknown> {
  return parse(await c.req.text());
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {}
  throw new UserError('bad-option', 'Cannot read this request: it is no JSON object');
}

/** @param some whether there is what an option is of use for */
async function described(command: Command, some: (option: OptionSpec) => Promise<boolean>) {
  const open = optionsOf(command).filter(({ hidden }) => !hidden);
  const useful = await Promise.all(open.map(some));
  const options = open.filter((_, index) => useful[index]);
  return { name: command.name, about: command.about, admin: command.who === 'admin', options };
}
