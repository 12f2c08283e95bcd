import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Bag } from './bag.js';
import { readBody, summary } from './body.js';
import type { Upload } from './messages.js';
import type { Bucket, Rates } from './rates.js';
import { Refusal } from './refusal.js';
import type { Storm, Troubles } from './troubles.js';
import type { World } from './world.js';

/** A request that found its route. */
export interface Call {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Bag;
  /** The body, where it is a list. */
  readonly entries: readonly unknown[];
  readonly uploads: readonly Upload[];
  /** When its first byte came, in monotonic milliseconds. */
  readonly arrived: number;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As `/channels/:channel/messages`. */
  readonly path: string;
  /** Known by the token in its path, and not counted to the global limit. */
  readonly byToken?: boolean;
  readonly bucket?: Bucket;
  /** Of the answer, 200 when left out; without an answer it is 204. */
  readonly status?: number;
  answer(call: Call): unknown;
}

const base = '/api/v10';
const majors = ['channel', 'guild', 'app', 'token'];

/** Answers REST requests as Discord does, and writes down what it thought of each. */
export function createRest(world: World, routes: readonly Route[], rates: Rates, troubles: Troubles) {
  const compiled = routes.map((route) => ({
    ...route,
    pattern: new RegExp(`^${route.path.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`),
  }));

  return async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const arrived = performance.now();
    const method = request.method ?? 'GET';
    // discord.js writes @original as %40original.
    const whole = decoded(url.pathname);
    const path = whole.startsWith(base) ? whole.slice(base.length) : whole;
    const name = `${method} ${path}`;
    const shown = `${method} ${path.replace(/(\/(?:webhooks|interactions)\/\d+)\/[^/]{20,}/, '$1/TOKEN')}`;
    let body: Bag = {};
    let files: ReturnType<typeof summary> = [];

    const reply = (status: number, json?: unknown, headers: Record<string, string> = {}, code?: number) => {
      world.posts.push({ at: world.now(), method, path, body, files, status, ...(code && { code }) });
      const shared = headers['x-ratelimit-scope'] === 'shared';
      if ((status === 401 || status === 403 || status === 429) && !shared) rates.countInvalid();
      const type = json === undefined ? {} : { 'content-type': 'application/json' };
      response.writeHead(status, { ...type, ...headers });
      response.end(json === undefined ? undefined : JSON.stringify(json));
    };
    const refuse = (error: Refusal, headers: Record<string, string> = {}) => {
      const { code, status, message, how } = error;
      if (error.fault) world.breach(`${shown}: ${code} ${message}${how.detail ? ` (${how.detail})` : ''}`);
      const wait: Record<string, string> = status === 429 ? { 'retry-after': how.detail ?? '1' } : {};
      reply(
        status,
        { message, code, ...(how.errors && { errors: how.errors }) },
        { ...headers, ...wait },
        code,
      );
    };
    const limited = (retryAfter: number, global: boolean, headers: Record<string, string>) =>
      reply(
        429,
        { message: 'You are being rate limited.', retry_after: retryAfter, global },
        { 'retry-after': retryAfter.toFixed(3), ...headers },
      );
    const rage = (storm: Storm) => {
      if (storm.status === 'reset' || storm.status === 'close') {
        world.posts.push({ at: world.now(), method, path, body, files, status: 0 });
        if (storm.status === 'reset') request.socket.resetAndDestroy();
        else request.socket.destroy();
        return;
      }
      if (storm.status !== 429) {
        const said = { message: `${storm.status}: Internal Server Error`, code: 0 };
        reply(storm.status, said);
        return;
      }
      const scope = storm.shared ? 'shared' : storm.global ? 'global' : 'user';
      const headers = { 'x-ratelimit-scope': scope, ...(storm.global && { 'x-ratelimit-global': 'true' }) };
      limited(storm.retryAfter ?? 0.3, storm.global ?? false, headers);
    };

    world.inFlight += 1;
    response.on('close', () => {
      world.inFlight -= 1;
    });
    try {
      const read = await readBody(request);
      body = read.entries.length > 0 ? ({ entries: read.entries } as Bag) : read.body;
      files = summary(read.uploads);
      await troubles.delay(name);
      const found = compiled.find((each) => each.method === method && each.pattern.test(path));
      if (!found || !url.pathname.startsWith(`${base}/`)) throw new Refusal(0, { detail: url.pathname });
      const storm = troubles.meet(name);
      const answered = storm && world.interactions.get(/^\/interactions\/(\d+)/.exec(path)?.[1] ?? '');
      if (answered) answered.excused = true;
      if (storm && !storm.carriedOut) return rage(storm);
      if (!/^DiscordBot \(/.test(request.headers['user-agent'] ?? '')) {
        world.breach(
          `${shown}: User-Agent "${request.headers['user-agent']}", want "DiscordBot (url, version)"`,
        );
      }
      const authorization = request.headers.authorization;
      if (authorization !== `Bot ${world.token}` && (authorization !== undefined || !found.byToken)) {
        throw new Refusal(40001, { detail: 'wrong token' });
      }
      const params = { ...found.pattern.exec(path)!.groups };
      const major = majors
        .map((each) => params[each])
        .filter(Boolean)
        .join('/');
      const route = `${method} ${found.path}`;
      const { headers, retryAfter, global } = rates.take(route, major, found.bucket, !found.byToken);
      if (retryAfter !== undefined) return limited(retryAfter, global ?? false, headers);
      try {
        const result = found.answer({ ...read, params, query: url.searchParams, arrived });
        if (storm) rage(storm);
        else reply(result === undefined ? 204 : (found.status ?? 200), result, headers);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        refuse(error, headers);
      }
    } catch (error) {
      if (error instanceof Refusal) return refuse(error);
      // The client went away in the middle: nobody is left to answer.
      if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') return;
      world.breach(`${shown}: the fake itself failed: ${(error as Error).stack}`);
      reply(500, { message: '500: Internal Server Error', code: 0 });
    }
  };
}

/** A path that cannot be decoded is that of no route. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
