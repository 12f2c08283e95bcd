import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { App, type AppOptions, type Logger, LogLevel } from '@slack/bolt';
import type { FakeSlack } from './contract.js';

/** How Slack reaches the app. */
export type Mode = 'HTTP' | 'Socket Mode';

/** A logger for Bolt and its WebClient that says nothing. */
export const silent: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  getLevel: () => LogLevel.ERROR,
  setName() {},
};

/**
 * The real Bolt, unmodified, wired to a fake Slack. `add` registers listeners before it starts.
 *
 * @example const stop = await startBolt(slack, 'HTTP', (app) => app.event('app_mention', async () => {}));
 */
export async function startBolt(
  slack: FakeSlack,
  mode: Mode,
  add: (app: App) => void,
  options: AppOptions = {},
): Promise<{ app: App; stop(): Promise<void> }> {
  const socketMode = mode === 'Socket Mode';
  const app = new App({
    ...(options.clientId || options.authorize ? {} : { token: slack.botToken }),
    ...(socketMode ? { socketMode, appToken: slack.appToken } : { signingSecret: slack.signingSecret }),
    logger: silent,
    clientOptions: { slackApiUrl: slack.apiUrl },
    ...options,
  });
  // A listener that fails is to fail the test that waits for what it was to do, not the process.
  app.error(async () => {});
  add(app);
  const server = await app.start(0);
  if (!socketMode) {
    const { port } = (server as Server).address() as AddressInfo;
    slack.eventsUrl = `http://127.0.0.1:${port}/slack/events`;
  }
  return { app, stop: async () => void (await app.stop()) };
}
