import { webApi } from '@slack/bolt';
import { sleep } from '../../clock.js';
import type { Adapter, Place, Reply } from '../../request.js';
import type { AdapterTools } from '../tools.js';
import { createAnswering } from './answering.js';
import { createApi } from './api.js';
import { createApp } from './app.js';
import { boltLogger } from './boltLogger.js';
import { createEdits } from './edits.js';
import { startError } from './failures.js';
import { fetchAttachment } from './fetch.js';
import { createInstallations } from './installations.js';
import { listen } from './listen.js';
import { createPeople } from './people.js';
import { createPosts } from './posts.js';
import { createSeal } from './seal.js';
import { createShow } from './show.js';
import { createTake } from './take.js';
import { type SlackTarget, slackTarget } from './target.js';
import { createUploads } from './uploads.js';
import { createWithPictures } from './withPictures.js';
import { createWorkspaces } from './workspaces.js';

export interface SlackOptions extends AdapterTools {
  /** Of the one workspace; left out, workspaces install Kiln with `clientId` and `clientSecret`. */
  readonly botToken?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Serves HTTP at `/slack/events`, unless there is an app token. */
  readonly signingSecret?: string;
  /** Connects by Socket Mode. */
  readonly appToken?: string;
  /** Slack's Web API, ending in `/api/`; its host counts as Slack's for fetching. */
  readonly apiUrl?: string;
  readonly port: number;
  readonly host: string;
  /** Encrypts tokens on the disk. */
  readonly secret: Buffer;
}

export interface SlackAdapter extends Adapter {
  /** Where Slack's requests are taken, once it has started; undefined with Socket Mode. */
  readonly address: string | undefined;
}

const requestTimeout = 10_000;
const stopTimeout = 8000;

/**
 * Kiln in Slack, by Bolt.
 *
 * Starting throws a UserError `bad-option` when a token is refused or the port is taken.
 *
 * @example createSlackAdapter({ ...tools, botToken, signingSecret, port: 3000, host: '127.0.0.1', secret })
 */
export function createSlackAdapter(options: SlackOptions): SlackAdapter {
  const { botToken, clientId, clientSecret, apiUrl, clock, logger, memory } = options;
  if (!botToken && !(clientId && clientSecret)) {
    throw new Error(
      'Cannot serve Slack: found no bot token, want one, or a client id and secret to install with',
    );
  }
  const slackLogger = boltLogger(logger);
  const installations = botToken
    ? undefined
    : createInstallations(memory, createSeal(options.secret), (team) => workspaces.forget(team));
  const workspaces = createWorkspaces({
    botToken,
    installations,
    client: (token) =>
      new webApi.WebClient(token, {
        logger: slackLogger,
        // Repeating is decided where it is known what may be repeated.
        retryConfig: { retries: 0 },
        rejectRateLimitedCalls: true,
        timeout: requestTimeout,
        ...(apiUrl && { slackApiUrl: apiUrl }),
      }),
  });
  const api = createApi(workspaces, clock);
  const people = createPeople({ api, clock, admins: options.admins });
  const uploads = createUploads(api);
  const withPictures = createWithPictures(uploads, clock);
  const [edits, posts] = [createEdits(clock), createPosts(clock)];
  const answering = createAnswering(memory, clock);
  const show = createShow({ api, answering, edits, posts, uploads, withPictures, people, workspaces, clock });
  const busy = new Set<Promise<unknown>>();
  const { app, line } = createApp({ ...options, logger: slackLogger, installations, workspaces });
  const take = createTake({ ...options, api, people, withPictures, show, track });
  listen(app, {
    commands: options.commands,
    ...take,
    async uninstall(team) {
      await installations?.remove(team);
    },
  });
  app.error(async (error) => {
    // The first frame that is of a file: JavaScript's own are above it.
    const at = /\n\s+at (.*[/\\].*)/.exec(`${(error.original ?? error).stack}`)?.[1];
    logger.error({ slack: error.message.slice(0, 300), at }, 'a Slack event could not be taken');
  });

  function track<Value>(work: Promise<Value>): Promise<Value> {
    const settled = work.then(
      () => {},
      () => {},
    );
    busy.add(settled);
    void settled.then(() => busy.delete(settled));
    return work;
  }

  return {
    platform: 'slack',
    get address() {
      return line.address;
    },
    get ready() {
      return line.connected;
    },
    async start() {
      try {
        // A token that is wrong is told at the start, not at the first message.
        if (botToken) await workspaces.get('');
        await line.start();
      } catch (error) {
        throw startError(error, `${options.host}:${options.port}`);
      }
    },
    async stop() {
      await line.stop();
      await Promise.race([Promise.all(busy), sleep(clock, stopTimeout)]);
    },
    show(target, reply, { weight, key }) {
      const own = slackTarget(target);
      return track(show.show({ ...own, mark: own.mark ?? key }, reply, { weight, look: true }));
    },
    remove: (target) => track(show.remove(slackTarget(target))),
    async fetch(attachment, target) {
      const { token } = await workspaces.get(slackTarget(target).team);
      return fetchAttachment(attachment, token, apiUrl);
    },
    async post(place: Place, reply: Reply, key: string) {
      await track(show.show(placeTarget(place, key, clock.now()), reply, { weight: 'final', look: true }));
    },
  };
}

function placeTarget(place: Place, key: string, now: number): SlackTarget {
  return {
    platform: 'slack',
    team: place.server ?? '',
    channel: place.channel,
    thread: place.thread,
    user: '',
    mark: key,
    // A report that is tried again after a restart is not a day old.
    asked: now - 86_400_000,
  };
}
