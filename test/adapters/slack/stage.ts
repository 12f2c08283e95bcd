import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { botScopes } from '../../../src/adapters/slack/methods.js';
import { createSlackAdapter, type SlackOptions } from '../../../src/adapters/slack/start.js';
import { silentLogger } from '../../../src/logger.js';
import type {
  Adapter,
  Button,
  Handle,
  Reply,
  Request,
  Responder,
  Shown,
  Target,
} from '../../../src/request.js';
import type { Mode } from '../../fakes/slack/boltApp.js';
import type { FakeSlack, FakeSlackOptions } from '../../fakes/slack/contract.js';
import { startFakeSlack } from '../../fakes/slack/fakeSlack.js';
import { commands } from './commands.js';

const speed = 20;

/** Twenty seconds pass in one. */
export const fastClock = {
  now: () => began + (performance.now() - origin) * speed,
  after(milliseconds: number, work: () => void) {
    const timer = setTimeout(work, milliseconds / speed);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
const began = Date.now();
const origin = performance.now();

/** A fake Slack, and the adapter that talks to it. */
export interface Stage {
  readonly slack: FakeSlack;
  adapter: Adapter;
  /** All that was handed over, in order. */
  readonly requests: Request[];
  /** What is done with a request; by default it is acknowledged for all to see, once for each key. */
  answer: (request: Request, responder: Responder) => Promise<void>;
  readonly memory: Map<string, string>;
  /** Where the adapter listens, over Socket Mode only for installing. */
  readonly address: string;
  /** A second start, after this one has ended. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function openStage(
  mode: Mode,
  change: Partial<SlackOptions> = {},
  fake: FakeSlackOptions = {},
): Promise<Stage> {
  const slack = await startFakeSlack({ ...fastClock, scopes: botScopes, ...fake });
  const port = await freePort();
  const memory = new Map<string, string>();
  const requests: Request[] = [];
  const keys = new Set<string>();
  const handle: Handle = async (request, responder) => {
    if (keys.has(request.key)) return;
    keys.add(request.key);
    requests.push(request);
    await stage.answer(request, responder);
  };
  const create = () =>
    createSlackAdapter({
      commands,
      handle,
      clock: fastClock,
      logger: silentLogger,
      admins: [],
      suggest: async (what) => (what === 'models' ? ['sprite', 'fox'] : []),
      memory: {
        get: async (name) => memory.get(name),
        async set(name, value) {
          if (value === undefined) memory.delete(name);
          else memory.set(name, value);
        },
      },
      ...(change.clientId === undefined && { botToken: slack.botToken }),
      ...(mode === 'HTTP' ? { signingSecret: slack.signingSecret } : { appToken: slack.appToken }),
      apiUrl: slack.apiUrl,
      port,
      host: '127.0.0.1',
      secret: Buffer.alloc(32, 7),
      ...change,
      ...(change.clientId && { clientId: slack.clientId, clientSecret: slack.clientSecret }),
    });
  if (mode === 'HTTP') slack.eventsUrl = `http://127.0.0.1:${port}/slack/events`;
  const stage: Stage = {
    slack,
    adapter: create(),
    requests,
    memory,
    address: `http://127.0.0.1:${port}`,
    async answer(_request, responder) {
      await responder.acknowledge({ private: false });
    },
    async restart() {
      await stage.adapter.stop();
      stage.adapter = create();
      await stage.adapter.start();
    },
    async close() {
      await stage.adapter.stop();
      await slack.close();
    },
  };
  await stage.adapter.start();
  return stage;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** One pixel. */
export const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

export const picture: Shown = { name: 'kiln-a-1.png', bytes: png, type: 'image/png', alt: 'a red fox' };
export const button: Button = { command: 'vary', job: 'a1b2', index: 1, label: 'V1' };

/** Answers with the picture as a job does: a placeholder, progress, the end. */
export async function draw(stage: Stage, request: Request, responder: Responder): Promise<Target> {
  const target = await responder.acknowledge({ private: false });
  const { key } = request;
  const progress: Reply = { text: ['Drawing'], progress: { step: 3, steps: 6 } };
  await stage.adapter.show(target, progress, { key, weight: 'progress' });
  const end: Reply = {
    text: ['Drawn for ', { mention: request.person.id }],
    pictures: [picture],
    buttons: [[button]],
  };
  return stage.adapter.show(target, end, { key, weight: 'final' });
}
