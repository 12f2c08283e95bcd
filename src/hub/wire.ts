import type { Clock } from '../clock.js';
import { UserError } from '../errors.js';
import { statusError } from './statusError.js';
import { transient } from './transient.js';

/** Where requests go, and what they may carry. */
export interface WireOptions {
  /** The start of every sentence that it throws, as `Cannot pull owner/repo`. */
  readonly action: string;
  /** The hub's address, without a slash at its end. */
  readonly endpoint: string;
  /** The hub's; no other host ever gets it. */
  readonly token: string | undefined;
  /** What is there: a hub of models, or an index of Python's packages, whose token is `name:password` in base64. */
  readonly kind?: 'hub' | 'index';
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Milliseconds without a byte after which a connection counts as dead. */
  readonly stall?: number;
}

/** An answer with status 200, 206 or 416, its bytes still on their way. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Who answered, once all redirects were followed. */
  readonly to: URL;
  /** @throws transient when the connection breaks or says nothing for too long */
  bytes(): AsyncGenerator<Uint8Array>;
  /** Ends the connection without reading on. */
  drop(): Promise<void>;
}

/** GET requests that follow redirects only to where they may lead. */
export interface Wire extends WireOptions {
  /** @throws UserError for what another try does not mend, transient for what it may */
  get(address: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

const mostRedirects = 10;
const usualStall = 30_000;
const redirects = [301, 302, 303, 307, 308];
/** Failures of a network that is not there, or of a host that is not who it says: no second try mends them. */
const lasting = /^(ENOTFOUND|CERT_.*|ERR_TLS.*|.*_CERT_.*|.*_SIGNATURE.*|SELF_SIGNED.*|ERR_INVALID_URL)$/;

/**
 * Node's fetch with what a download from strangers needs besides: redirects one by one, to https alone (http where the
 * hub itself is on http, or both ends are this machine), the token for the hub alone, and an end to silence.
 *
 * @example const answer = await createWire(options).get('https://huggingface.co/o/r/resolve/main/model_index.json');
 */
export function createWire(options: WireOptions): Wire {
  const { action, token, kind = 'hub', clock, signal, stall = usualStall } = options;
  const hub = new URL(options.endpoint);

  function mayLead(to: URL, first: URL): boolean {
    if (to.protocol === 'https:') return true;
    const plain = to.protocol === 'http:';
    return plain && (to.origin === hub.origin || (isLoopback(to) && isLoopback(first)));
  }

  async function once(to: URL, first: URL, headers: Readonly<Record<string, string>>): Promise<Answer> {
    const dead = new AbortController();
    let callOff = clock.after(stall, () => dead.abort());
    const alive = () => {
      callOff();
      callOff = clock.after(stall, () => dead.abort());
    };
    const broken = (error: unknown): unknown => {
      callOff();
      if (signal.aborted) return signal.reason;
      if (dead.signal.aborted) return transient(`${to.host} says nothing for ${stall / 1000} seconds`);
      const code = codeOf(error);
      if (!lasting.test(code))
        return transient(`the connection to ${to.host} broke (${code})`, { cause: error });
      return new UserError(
        'unreachable',
        `${action}: found no way to ${to.host} (${code}), want a network that leads there`,
        { cause: error },
      );
    };
    // Ranges of a compressed answer would be ranges of other bytes.
    const all = new Headers({ 'user-agent': 'kiln', 'accept-encoding': 'identity', ...headers });
    // Not where a stranger's address leads to the hub: what it serves there is not for them to choose.
    const own = [to, first].every(({ origin }) => origin === hub.origin);
    if (token !== undefined && own)
      all.set('authorization', `${kind === 'hub' ? 'Bearer' : 'Basic'} ${token}`);
    const response = await fetch(to, {
      redirect: 'manual',
      headers: all,
      signal: AbortSignal.any([signal, dead.signal]),
    }).catch((error) => {
      throw broken(error);
    });
    alive();
    return {
      to,
      status: response.status,
      headers: response.headers,
      async *bytes() {
        try {
          for await (const piece of response.body ?? []) {
            alive();
            yield piece;
          }
        } catch (error) {
          throw broken(error);
        } finally {
          callOff();
        }
      },
      async drop() {
        callOff();
        await response.body?.cancel().catch(() => {});
      },
    };
  }

  return {
    ...options,
    async get(address, headers = {}) {
      const first = parsed(address);
      let to = first;
      for (let hops = 0; hops <= mostRedirects; hops++) {
        if (!mayLead(to, first)) {
          throw new UserError(
            'bad-option',
            `${action}: found the address ${to.protocol}//${to.host}, want https`,
          );
        }
        const answer = await once(to, first, headers);
        const location = redirects.includes(answer.status) ? answer.headers.get('location') : null;
        if (location === null) {
          if (![200, 206, 416].includes(answer.status))
            throw await statusError(action, answer, { token, kind, hub, first });
          return answer;
        }
        await answer.drop();
        to = parsed(location, to);
      }
      throw new UserError(
        'unreachable',
        `${action}: ${first.host} redirects over ${mostRedirects} times, want an end`,
      );
    },
  };

  function parsed(address: string, base?: URL): URL {
    if (URL.canParse(address, base?.href)) {
      const url = new URL(address, base);
      // fetch takes no addresses with a name and password in them, and says so with the password.
      if (url.username === '' && url.password === '') return url;
    }
    throw new UserError('bad-option', `${action}: found an address that is none, want https://HOST/PATH`);
  }
}

/** Whether an address is this machine's own. */
function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function codeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return error instanceof Error ? error.message.slice(0, 60) : 'unknown';
}
