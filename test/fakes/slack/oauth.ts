import { randomBytes, randomUUID } from 'node:crypto';
import { refuse } from './refusal.js';
import type { Wire } from './wire.js';
import type { Team, Token, World } from './world.js';

export interface OAuth {
  readonly clientId: string;
  readonly clientSecret: string;
  /**
   * What the consent page does: where the browser goes next.
   *
   * @param url The address that the app sent the person to, `…/oauth/v2/authorize?client_id=…&state=…`.
   */
  approve(url: string, choice: { team: Team; user: string; deny?: boolean }): string;
  /** oauth.v2.access. */
  access(args: Wire, authorization: string | undefined): Wire;
  /** A bot token for the team, which counts as installed from now on. */
  install(team: Team): Token;
}

const codeMilliseconds = 10 * 60_000;
const tokenSeconds = 43_200;

/** Slack's side of "Add to Slack". With `rotate`, tokens live twelve hours and are renewed. */
export function createOAuth(world: World, scopes: readonly string[], rotate: boolean): OAuth {
  const clientId = '1234567890.9876543210';
  const clientSecret = randomBytes(16).toString('hex');
  const codes = new Map<
    string,
    { team: Team; user: string; redirect: string | null; scope: string; at: number }
  >();

  function issue(team: Team, kind: 'bot' | 'refresh', expiresAt?: number): Token {
    const prefix = kind === 'refresh' ? 'xoxe-1' : rotate ? 'xoxe.xoxb' : 'xoxb';
    const token: Token = {
      value: `${prefix}-${team.id}-${randomUUID()}`,
      kind,
      team: team.id,
      refused: undefined,
      expiresAt,
    };
    world.tokens.set(token.value, token);
    return token;
  }

  function install(team: Team): Token {
    const token = issue(team, 'bot', rotate ? world.now() + tokenSeconds * 1000 : undefined);
    team.botToken = token.value;
    return token;
  }

  function answer(team: Team, user: string | undefined, scope: string): Wire {
    const token = install(team);
    return {
      app_id: world.appId,
      authed_user: user ? { id: user } : undefined,
      scope,
      token_type: 'bot',
      access_token: token.value,
      bot_user_id: team.botUser,
      ...(rotate && { refresh_token: issue(team, 'refresh').value, expires_in: tokenSeconds }),
      team: { id: team.id, name: team.name },
      enterprise: null,
      is_enterprise_install: false,
    };
  }

  return {
    clientId,
    clientSecret,
    install,
    approve(url, { team, user, deny = false }) {
      const asked = new URL(url).searchParams;
      if (asked.get('client_id') !== clientId)
        world.breaches.add('oauth', `client_id ${asked.get('client_id')}`);
      if (!asked.get('state')) world.breaches.add('oauth', 'an authorize address without state');
      const target = new URL(asked.get('redirect_uri') ?? 'http://127.0.0.1/slack/oauth_redirect');
      if (deny) target.searchParams.set('error', 'access_denied');
      else {
        const code = `${world.id('')}.${randomUUID()}`;
        const scope = asked.get('scope') ?? '';
        codes.set(code, { team, user, redirect: asked.get('redirect_uri'), scope, at: world.now() });
        target.searchParams.set('code', code);
      }
      target.searchParams.set('state', asked.get('state') ?? '');
      return `${target}`;
    },
    access(args, authorization) {
      const basic = /^Basic (.*)$/.exec(authorization ?? '')?.[1];
      const [id, secret] = basic
        ? Buffer.from(basic, 'base64').toString().split(':')
        : [args.client_id, args.client_secret];
      if (id !== clientId) refuse('invalid_client_id', `client_id ${id}`);
      if (secret !== clientSecret) refuse('bad_client_secret', 'a wrong client secret');
      if (args.grant_type === 'refresh_token') {
        const old = world.tokens.get(args.refresh_token);
        if (old?.kind !== 'refresh' || old.refused) return refuse('invalid_refresh_token');
        old.refused = 'token_revoked';
        return answer(world.teams.get(old.team)!, undefined, scopes.join(','));
      }
      const code = codes.get(args.code);
      if (!code || world.now() > code.at + codeMilliseconds) return refuse('invalid_code');
      if ((args.redirect_uri ?? null) !== code.redirect) refuse('bad_redirect_uri', `${args.redirect_uri}`);
      codes.delete(args.code);
      return answer(code.team, code.user, code.scope);
    },
  };
}
