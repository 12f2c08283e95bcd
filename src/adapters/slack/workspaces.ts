import type { webApi } from '@slack/bolt';
import { UserError } from '../../errors.js';
import type { Installations } from './installations.js';
import { textAt } from './payload.js';

/** Kiln in one workspace. */
export interface Workspace {
  readonly token: string;
  readonly client: webApi.WebClient;
  /** Kiln's own user there. */
  readonly botUser: string;
  readonly botId?: string;
}

export interface Workspaces {
  /** @throws UserError `no-room` when Kiln is not installed there, or no longer */
  get(team: string): Promise<Workspace>;
  /** Its tokens have changed. */
  forget(team: string): void;
}

/**
 * Tokens by workspace: the one token of the configuration for all, else each workspace's own.
 *
 * @example (await createWorkspaces({ botToken, client }).get('T0FOX')).client
 */
export function createWorkspaces(options: {
  readonly botToken?: string;
  readonly installations?: Pick<Installations, 'get'>;
  client(token: string): webApi.WebClient;
}): Workspaces {
  const known = new Map<string, Promise<Workspace>>();

  async function single(token: string): Promise<Workspace> {
    const client = options.client(token);
    const me = await client.auth.test();
    return { token, client, botUser: textAt(me, 'user_id') ?? '', botId: textAt(me, 'bot_id') };
  }

  async function installed(team: string): Promise<Workspace> {
    const bot = (await options.installations?.get(team))?.bot;
    if (!bot) {
      throw new UserError('no-room', `Cannot answer in ${team}: Kiln is not installed there any more`);
    }
    return { token: bot.token, client: options.client(bot.token), botUser: bot.userId, botId: bot.id };
  }

  return {
    get(team) {
      const { botToken } = options;
      const name = botToken ? '' : team;
      let found = known.get(name);
      if (!found) {
        found = botToken ? single(botToken) : installed(team);
        known.set(name, found);
        // What failed is asked for again.
        found.catch(() => known.delete(name));
      }
      return found;
    },
    forget: (team) => void known.delete(team),
  };
}
