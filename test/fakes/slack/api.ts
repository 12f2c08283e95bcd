import type { Call, Method } from './call.js';
import { chatMethods } from './methods/chat.js';
import { createFileMethods, type Uploads } from './methods/files.js';
import { viewMethods } from './methods/views.js';
import { workspaceMethods } from './methods/workspace.js';
import type { OAuth } from './oauth.js';
import { openDm } from './people/openDm.js';
import type { Rates } from './rates.js';
import { type Refusal, refuse } from './refusal.js';
import { missingScope } from './scopes.js';
import type { Storms } from './storms.js';
import type { Triggers } from './triggers.js';
import type { Wire } from './wire.js';
import type { Team, World } from './world.js';

/** One call of the Web API, as it is recorded. */
export interface RecordedCall {
  readonly method: string;
  readonly args: Wire;
  readonly team: string | undefined;
  /** On the fake's clock. */
  readonly at: number;
  /** The HTTP status; 0 where the answer was lost on purpose. */
  status: number;
  /** The error of an answer that is not ok. */
  error: string | undefined;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Wire | string;
  /** The connection is to be cut instead of answering. */
  lost: boolean;
}

export interface ApiParts {
  world: World;
  rates: Rates;
  storms: Storms;
  triggers: Triggers;
  oauth: OAuth;
  uploads: Uploads;
  scopes: readonly string[] | undefined;
  calls: RecordedCall[];
  echo: Call['echo'];
  /** The address for one Socket Mode connection. */
  openSocket(): string;
}

const withoutToken = ['oauth.v2.access'];

/** The Web API: a method's name, its arguments and the Authorization header, to an answer. */
export function createApi(parts: ApiParts): (method: string, args: Wire, authorization?: string) => Answer {
  const { world, rates, storms, triggers, oauth, calls } = parts;
  const methods: Readonly<Record<string, Method>> = {
    ...chatMethods,
    ...workspaceMethods,
    ...viewMethods,
    ...createFileMethods(parts.uploads),
    'apps.connections.open': () => ({ url: parts.openSocket() }),
  };

  function teamOf(method: string, args: Wire, authorization: string | undefined): Team {
    const value = /^Bearer (.*)$/.exec(authorization ?? '')?.[1] ?? args.token;
    if (!value) return refuse('not_authed', `${method} without a token`);
    const token = world.tokens.get(value);
    if (!token) return refuse('invalid_auth', `${method} with a token that was never given`);
    const wanted = method === 'apps.connections.open' ? 'app' : 'bot';
    if (token.kind !== wanted)
      refuse('not_allowed_token_type', `${method} with a token of kind ${token.kind}`);
    if (token.refused) refuse(token.refused);
    if (token.expiresAt !== undefined && world.now() >= token.expiresAt) refuse('token_expired');
    return world.teams.get(token.team)!;
  }

  function run(
    method: string,
    args: Wire,
    authorization: string | undefined,
    record: RecordedCall,
  ): Wire | number {
    if (withoutToken.includes(method)) return oauth.access(args, authorization);
    const found = Object.hasOwn(methods, method) ? methods[method] : undefined;
    if (!found) return refuse('unknown_method', `no such method: ${method}`);
    const team = teamOf(method, args, authorization);
    Object.assign(record, { team: team.id });
    const missing = missingScope(method, parts.scopes);
    if (missing)
      refuse('missing_scope', `${method} needs ${missing}`, {
        needed: missing,
        provided: parts.scopes?.join(','),
      });
    // A post to a person counts for their DM.
    const person = world.people.get(args.channel);
    const wait = rates.take(method, team.id, person ? openDm(world, person).id : args.channel);
    if (wait > 0) {
      rates.told(`${method} ${method === 'chat.postMessage' ? args.channel : ''}`.trim(), team.id, wait);
      return wait;
    }
    return methods[method]!({
      world,
      args: { ...args },
      team,
      echo: parts.echo,
      trigger: (id) => triggers.use(id),
    });
  }

  const plain = (status: number, retryAfter?: number): Answer => ({
    status,
    headers: { 'content-type': 'application/json', ...(retryAfter && { 'retry-after': `${retryAfter}` }) },
    body: status === 429 ? { ok: false, error: 'ratelimited' } : 'Service error',
    lost: false,
  });

  return (method, args, authorization) => {
    const { token: _, ...shown } = args;
    const record: RecordedCall = {
      method,
      args: shown,
      team: undefined,
      at: world.now(),
      status: 200,
      error: undefined,
    };
    calls.push(record);
    const storm = storms.over(method);
    if (storm && storm.status !== 'lost') {
      record.status = storm.status;
      return plain(storm.status, storm.status === 429 ? (storm.retryAfter ?? 1) : undefined);
    }
    const lost = storm !== undefined;
    if (lost) record.status = 0;
    try {
      const result = run(method, args, authorization, record);
      if (typeof result === 'number') {
        record.status = 429;
        return plain(429, result);
      }
      const scopes: Record<string, string> = parts.scopes ? { 'x-oauth-scopes': parts.scopes.join(',') } : {};
      const headers = { 'content-type': 'application/json; charset=utf-8', ...scopes };
      return { status: 200, headers, body: { ok: true, ...result }, lost };
    } catch (error) {
      const refusal = error as Partial<Refusal>;
      if (refusal.refusal !== true) throw error;
      record.error = refusal.error;
      if (refusal.breach !== undefined) world.breaches.add(refusal.error!, `${method}: ${refusal.breach}`);
      const headers = { 'content-type': 'application/json; charset=utf-8' };
      return { status: 200, headers, body: { ok: false, error: refusal.error, ...refusal.extra }, lost };
    } finally {
      world.changed();
    }
  };
}
