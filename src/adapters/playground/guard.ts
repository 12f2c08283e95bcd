import { hostname } from 'node:os';

/** What a request says of where it comes from and goes to. */
export interface Arrival {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** The header Sec-Fetch-Site, which no page can set. */
  readonly site: string | undefined;
}

/** Why a request is turned away; undefined when it may come in. */
export type Guard = (arrival: Arrival) => string | undefined;

/**
 * Turns away requests that another site's page has a browser send: by a name that was rebound to this machine (Host),
 * or across sites (Origin, Sec-Fetch-Site).
 *
 * Bound to loopback, the host has to be a loopback name with the very port. Bound elsewhere, a port may be forwarded and
 * addresses are not known, so any address without a name will do, besides this machine's own names: none can be rebound.
 *
 * @param port known once the server listens
 * @example createGuard('127.0.0.1', () => 8188)({ method: 'GET', host: 'evil.example', … }) // 'Cannot serve …'
 */
export function createGuard(bound: string, port: () => number): Guard {
  const own = hostname().toLowerCase();
  const names = new Set(['localhost', own, `${own}.local`, bound.toLowerCase()]);
  const loopback = isLoopback(bound);

  function serves(host: string): boolean {
    const [, bracketed, plain, given] =
      /^(?:\[([\da-f:.]+)\]|([^:[\]/@\s]+))(?::(\d{1,5}))?$/i.exec(host) ?? [];
    const name = (bracketed ?? plain)?.toLowerCase();
    if (name === undefined) return false;
    if (!loopback) return names.has(name) || bracketed !== undefined || isAddress(name);
    return isLoopback(name) && Number(given ?? 80) === port();
  }

  return ({ method, host, origin, site }) => {
    if (host === undefined || !serves(host)) {
      return `Cannot serve this: the host is ${quoted(host)}, want the address that Kiln printed at its start`;
    }
    const same =
      origin !== undefined && /^https?:\/\//.test(origin) && origin.replace(/^https?:\/\//, '') === host;
    if (origin !== undefined && !same) {
      return `Cannot take this: it comes from ${quoted(origin)}, want ${quoted(host)}`;
    }
    if (method === 'GET' || method === 'HEAD') return undefined;
    if (same && site !== 'cross-site') return undefined;
    if (site === 'same-origin' || site === 'none') return undefined;
    return 'Cannot take this: it does not say where it comes from, want a header Origin of this address';
  };
}

/** Whether only this machine can reach that host. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}

function isAddress(name: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(name);
}

function quoted(value: string | undefined): string {
  return value === undefined ? 'missing' : JSON.stringify(value.slice(0, 80));
}
