import { SocketModeReceiver } from '@slack/bolt';
import type { Clock } from '../../clock.js';
import type { Line, LineOptions } from './line.js';

const reconnectAfter = 5000;

/**
 * Kiln calls Slack: a web socket, opened again whenever it closes.
 *
 * @example createSocketLine({ appToken, clock, port, host, … })
 */
export function createSocketLine(
  options: LineOptions & { readonly appToken: string; readonly clock: Clock },
): Line {
  const { oauth, apiUrl, clock, logger } = options;
  const receiver = new SocketModeReceiver({
    appToken: options.appToken,
    logger,
    ...oauth,
    installerOptions: {
      ...oauth?.installerOptions,
      // Its own web client tries again for as long as it takes, unless told otherwise.
      clientOptions: { ...(apiUrl && { slackApiUrl: apiUrl }) },
      // Handed on to server.listen(), which takes a host with it; only there with OAuth.
      port: { port: options.port, host: options.host } as unknown as number,
    },
  });
  const { client } = receiver;
  let connected = false;
  let stopped = false;
  client.on('connected', () => {
    connected = true;
  });
  for (const state of ['close', 'reconnecting', 'disconnecting', 'disconnected']) {
    client.on(state, () => {
      connected = false;
    });
  }
  // Nobody awaits the client's own reconnecting: what it throws would end the process.
  const start = client.start.bind(client);
  let began = false;
  client.start = async () => {
    if (!began) {
      began = true;
      return start();
    }
    try {
      return await start();
    } catch (error) {
      logger.warn(`could not connect again: ${error instanceof Error ? error.message : error}`);
      clock.after(reconnectAfter, () => {
        if (!stopped) void client.start();
      });
      return {} as Awaited<ReturnType<typeof start>>;
    }
  };
  // Nor does it expect messages that are not as they should be.
  for (const read of client.listeners('ws_message')) {
    client.off('ws_message', read);
    client.on('ws_message', async (...message) => {
      try {
        await read(...message);
      } catch (error) {
        logger.warn(`a message could not be read: ${error instanceof Error ? error.message : error}`);
      }
    });
  }
  return {
    receiver,
    address: undefined,
    get connected() {
      return connected;
    },
    async start() {
      await receiver.start();
    },
    async stop() {
      stopped = true;
      await receiver.stop();
    },
  };
}
