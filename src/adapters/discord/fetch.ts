import { lookup as systemLookup } from 'node:dns';
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import { BlockList, type LookupFunction } from 'node:net';
import { UserError } from '../../errors.js';
import type { Attachment } from '../../request.js';

/** Discord's own hosts for attachments. */
const hosts = ['cdn.discordapp.com', 'media.discordapp.net'];
const mostBytes = 10 * 1024 * 1024;
const patience = 10_000;
const mostRedirects = 1;

export interface FetchOptions {
  /** Where Discord's REST is, when it is not Discord's own: its host then counts as Discord's. */
  readonly apiUrl?: string;
  /** Resolves names; for tests. */
  readonly lookup?: LookupFunction;
}

/**
 * Fetches attachments from Discord's hosts alone, over https, at most 10 MiB within 10 s, and never from an address
 * inside a network, whatever the name resolves to.
 *
 * @throws UserError `bad-image`
 * @example const bytes = await createFetch({})({ url: 'https://cdn.discordapp.com/…', name: 'fox.png' });
 */
export function createFetch({ apiUrl, lookup = systemLookup as LookupFunction }: FetchOptions) {
  const ownHost = apiUrl === undefined ? undefined : new URL(apiUrl).host;

  /** @throws UserError */
  const allowed = (address: string, base: URL | undefined, refuse: Refuse): URL => {
    const url = URL.canParse(address, base?.href) ? new URL(address, base?.href) : undefined;
    const plain = url?.protocol === 'http:' && url.host === ownHost;
    if (!url || (url.protocol !== 'https:' && !plain))
      throw refuse('found no https address, want one of Discord');
    if (url.host !== ownHost && !hosts.includes(url.host)) {
      throw refuse(`found an address at ${url.host}, want one at ${hosts.join(' or ')}`);
    }
    if (url.username || url.password) throw refuse('found a password in the address, want none');
    return url;
  };

  const open = (url: URL, signal: AbortSignal): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const get = url.protocol === 'http:' ? getPlain : getSecure;
      const own = url.host === ownHost;
      get(url, { signal, agent: false, ...(!own && { lookup: publicOnly(lookup) }) }, resolve).on(
        'error',
        reject,
      );
    });

  return async (attachment: Attachment): Promise<Uint8Array> => {
    const refuse: Refuse = (why, cause) =>
      new UserError('bad-image', `Cannot fetch ${attachment.name.slice(0, 100)}: ${why}`, { cause });
    const tooLarge = (bytes: number) => refuse(`found ${bytes} bytes, want at most ${mostBytes}`);
    if ((attachment.bytes ?? 0) > mostBytes) throw tooLarge(attachment.bytes!);
    const signal = AbortSignal.timeout(patience);
    try {
      let url = allowed(attachment.url, undefined, refuse);
      for (let redirects = 0; ; redirects++) {
        const response = await open(url, signal);
        const { statusCode = 0, headers } = response;
        if (statusCode === 200) return await read(response, tooLarge);
        response.destroy();
        if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) {
          throw refuse(`found status ${statusCode}, want the picture; it may have expired`);
        }
        if (redirects >= mostRedirects)
          throw refuse(`found more than ${mostRedirects} redirect, want the picture`);
        url = allowed(headers.location, url, refuse);
      }
    } catch (error) {
      if (error instanceof UserError) throw error;
      if (signal.aborted) throw refuse(`found no end of it, want it within ${patience / 1000} s`, error);
      throw refuse(`found no way there (${reason(error)}), want it from Discord`, error);
    }
  };
}

type Refuse = (why: string, cause?: unknown) => UserError;

async function read(response: IncomingMessage, tooLarge: (bytes: number) => UserError): Promise<Uint8Array> {
  const declared = Number(response.headers['content-length'] ?? 0);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    if (declared > mostBytes) throw tooLarge(declared);
    for await (const chunk of response as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > mostBytes) throw tooLarge(length);
      chunks.push(chunk);
    }
  } finally {
    response.destroy();
  }
  if (declared > length) throw new Error('cut off');
  return Buffer.concat(chunks);
}

function reason(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code ?? message ?? 'unknown';
}

/** Addresses that are no public host's. */
const inside = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  inside.addSubnet(net, prefix, 'ipv4');
}
for (const [net, prefix] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  inside.addSubnet(net, prefix, 'ipv6');
}

/** The connection goes to the very address that was checked: asked twice, a name could give another. */
function publicOnly(lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) =>
    lookup(hostname, options, (error, address, family) => {
      if (error) return callback(error, address, family);
      const addresses = typeof address === 'string' ? [{ address, family: family ?? 4 }] : address;
      const bad = addresses.find((one) => inside.check(one.address, one.family === 6 ? 'ipv6' : 'ipv4'));
      if (!bad) return callback(null, address, family);
      callback(new Error(`${hostname} is said to be at ${bad.address}`), '', 4);
    });
}
