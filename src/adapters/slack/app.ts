import { App, type Logger as SlackLogger } from '@slack/bolt';
import type { Clock } from '../../clock.js';
import { heldAcks } from './heldAcks.js';
import { createHttpLine } from './httpLine.js';
import type { Installations } from './installations.js';
import type { Line } from './line.js';
import { botScopes } from './methods.js';
import { createSocketLine } from './socketLine.js';
import type { Workspaces } from './workspaces.js';

/**
 * Bolt's app, over Socket Mode where there is an app token, else over HTTP; with the pages to install it where there is
 * a client id.
 */
export function createApp(options: {
  readonly appToken?: string;
  readonly signingSecret?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly secret: Buffer;
  readonly port: number;
  readonly host: string;
  readonly apiUrl?: string;
  readonly clock: Clock;
  readonly logger: SlackLogger;
  readonly installations?: Installations;
  readonly workspaces: Workspaces;
}): { readonly app: App; readonly line: Line } {
  const { appToken, signingSecret, clientId, clientSecret, apiUrl, logger, workspaces } = options;
  const oauth = options.installations && {
    clientId,
    clientSecret,
    stateSecret: options.secret.toString('hex'),
    scopes: [...botScopes],
    installationStore: options.installations,
    installerOptions: {
      installPath: '/slack/install',
      redirectUriPath: '/slack/oauth_redirect',
      clientOptions: { ...(apiUrl && { slackApiUrl: apiUrl }) },
    },
  };
  const shared = { port: options.port, host: options.host, apiUrl, logger, oauth };
  let line: Line;
  if (appToken) line = createSocketLine({ ...shared, appToken, clock: options.clock });
  else if (signingSecret) line = createHttpLine({ ...shared, signingSecret });
  else throw new Error('Cannot serve Slack: found no app token and no signing secret, want one of them');
  const app = new App({
    receiver: heldAcks(line.receiver),
    logger,
    convoStore: false,
    ...(apiUrl && { clientOptions: { slackApiUrl: apiUrl } }),
    async authorize({ teamId, enterpriseId }) {
      const { token, botId, botUser } = await workspaces.get(teamId ?? enterpriseId ?? '');
      return { botToken: token, botId, botUserId: botUser, teamId, enterpriseId };
    },
  });
  return { app, line };
}
