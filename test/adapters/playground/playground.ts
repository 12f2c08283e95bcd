import { createHash } from 'node:crypto';
import { request } from 'node:http';
import sharp from 'sharp';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import {
  createPlaygroundAdapter,
  type Playground,
  type PlaygroundOptions,
} from '../../../src/adapters/playground/adapter.js';
import { systemClock } from '../../../src/clock.js';
import { defineCommand, hints } from '../../../src/command.js';
import { silentLogger } from '../../../src/logger.js';
import type { Attachment, Button, Handle, Reply, Request, Shown, Target } from '../../../src/request.js';

/** What outlives a process: hand it to the next room to restart one. */
export interface Kept {
  readonly memory: Map<string, string>;
  readonly files: Map<string, Buffer>;
}

/** A playground on a free port of this machine, stopped when the test ends. */
export async function openPlayground(
  options: Partial<PlaygroundOptions> & { readonly kept?: Kept } = {},
): Promise<{ readonly room: Playground; readonly kept: Kept; readonly url: string; readonly port: number }> {
  const kept = options.kept ?? { memory: new Map(), files: new Map() };
  const room = createPlaygroundAdapter({
    commands,
    handle: async () => {},
    clock: systemClock,
    logger: silentLogger,
    admins: [],
    host: '127.0.0.1',
    port: 0,
    version: '9.9.9',
    suggest: async (_what, typed) => ['sprite', 'sprout', 'tiny'].filter((name) => name.startsWith(typed)),
    memory: {
      get: async (name) => kept.memory.get(name),
      set: async (name, value) => {
        if (value === undefined) kept.memory.delete(name);
        else kept.memory.set(name, value);
      },
    },
    async keepUpload(bytes, ending) {
      const key = `${createHash('sha256').update(bytes).digest('hex')}.${ending}`;
      kept.files.set(key, Buffer.from(bytes));
      return key;
    },
    picture: async (key) => kept.files.get(key),
    files: {
      async *keys() {
        yield* kept.files.keys();
      },
      remove: async (key) => void kept.files.delete(key),
    },
    health: () => ({ ready: true, reasons: [] }),
    metrics: async () => ({ type: 'text/plain; version=0.0.4', body: 'kiln_jobs_total 3\n' }),
    ...options,
  });
  await room.start();
  onTestFinished(() => room.stop());
  return { room, kept, url: room.address, port: Number(new URL(room.address).port) };
}

const text = (label: string, about: string) =>
  z.string().max(200).optional().describe(about).register(hints, { label });

/** Commands as Kiln's, for what the page makes of their options. The rooms of these tests answer themselves. */
const commands = [
  defineCommand({
    name: 'imagine',
    about: 'Draw a picture of what you describe',
    options: z.object({
      prompt: z
        .string()
        .max(4000)
        .describe('What to draw')
        .register(hints, { label: 'Prompt', rest: true, long: true }),
      negative: text('Without', 'What should not be in the picture'),
      steps: z
        .int()
        .min(1)
        .max(100)
        .optional()
        .describe('More take longer')
        .register(hints, { label: 'Steps' }),
      guidance: z
        .number()
        .min(0)
        .max(30)
        .optional()
        .describe('How closely to follow the prompt')
        .register(hints, { label: 'Guidance', aliases: ['cfg'] }),
      seed: z
        .int()
        .min(0)
        .max(2 ** 32 - 1)
        .optional()
        .describe('The same seed gives the same picture')
        .register(hints, { label: 'Seed' }),
      scheduler: z
        .enum(['euler', 'ddim', 'heun'])
        .optional()
        .describe('How the noise is taken away')
        .register(hints, { label: 'Scheduler' }),
      model: z
        .string()
        .max(100)
        .optional()
        .describe('Which model draws')
        .register(hints, { label: 'Model', suggest: 'models' }),
      image: z
        .custom<Attachment>()
        .optional()
        .describe('A picture to start from')
        .register(hints, { label: 'Start from', attachment: true }),
      mask: z
        .custom<Attachment>()
        .optional()
        .describe('White where it is to be redrawn')
        .register(hints, { label: 'Mask', attachment: true }),
      control: text('ControlNet', 'A ControlNet').register(hints, {
        label: 'ControlNet',
        among: 'controlnets',
      }),
    }),
    who: 'everyone',
    ways: ['typed', 'pressed'],
    run: async () => {},
  }),
  ...(
    [
      ['history', 'Show what you have drawn', { search: text('Search', 'Words that are in the prompt') }],
      ['queue', 'Show where your drawings stand in the line', {}],
      [
        'stats',
        'Show what was drawn here, for whom and how fast',
        {
          period: z
            .enum(['hour', 'day', 'week'])
            .default('day')
            .describe('How far back')
            .register(hints, { label: 'Period', rest: true }),
        },
      ],
      ['help', 'Show what Kiln can do', {}],
    ] as const
  ).map(([name, about, shape]) =>
    defineCommand({
      name,
      about,
      options: z.object(shape),
      who: name === 'stats' ? 'admin' : 'everyone',
      ways: ['typed'],
      run: async () => {},
    }),
  ),
];

/** Remembers what was asked; answers with words. */
export function answering(reply: Reply | ((request: Request) => Reply)): {
  readonly asked: Request[];
  readonly handle: Handle;
} {
  const asked: Request[] = [];
  return {
    asked,
    async handle(request, responder) {
      asked.push(request);
      await responder.acknowledge({ private: false });
      await responder.show(typeof reply === 'function' ? reply(request) : reply);
    },
  };
}

/** A picture of one colour, so that no two are the same bytes. */
export async function drawn(color: string, side = 64): Promise<Shown> {
  const bytes = await sharp({ create: { width: side, height: side, channels: 3, background: color } })
    .png()
    .toBuffer();
  return {
    name: `kiln-${color}.png`,
    bytes,
    type: 'image/png',
    alt: `A ${color} square`,
    width: side,
    height: side,
  };
}

export const button = (label: string, command: string, index?: number): Button => ({
  command,
  job: 'k3x9',
  index,
  label,
});

export const targetOf = (id: string): Target => ({ platform: 'playground', message: id });

/** A post as the page makes it; headers given replace its own. */
export function post(
  url: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  const form = body instanceof FormData;
  return fetch(`${url}${path}`, {
    method: 'POST',
    body: form ? body : JSON.stringify(body),
    headers: { origin: url, ...(form ? {} : { 'content-type': 'application/json' }), ...headers },
    redirect: 'manual',
  });
}

/** A request with any header and any path as they are: fetch sets Host itself, and tidies `..` away. */
export function raw(
  port: number,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      let body = '';
      response.setEncoding('latin1');
      response.on('data', (part) => (body += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

export interface Event {
  readonly event: string;
  readonly id?: string;
  // biome-ignore lint/suspicious/noExplicitAny: what the page is sent, looked at by tests only
  readonly data: any;
}

/** Listens to /events; gives them one after another. */
export async function listen(url: string, headers: Record<string, string> = {}) {
  const ending = new AbortController();
  onTestFinished(() => ending.abort());
  const response = await fetch(`${url}/events`, { headers, signal: ending.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = '';

  async function next(): Promise<Event> {
    for (;;) {
      const end = waiting.indexOf('\n\n');
      if (end >= 0) {
        const lines = waiting.slice(0, end).split('\n');
        waiting = waiting.slice(end + 2);
        const field = (name: string) =>
          lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
        const event = field('event');
        if (event) return { event, id: field('id'), data: JSON.parse(field('data') ?? 'null') };
        continue;
      }
      const { done, value } = await reader.read();
      if (done) throw new Error('the stream ended');
      waiting += value;
    }
  }

  return {
    response,
    next,
    /** The next event for which that holds. */
    async until(holds: (event: Event) => boolean): Promise<Event> {
      for (;;) {
        const event = await next();
        if (holds(event)) return event;
      }
    },
    close: () => ending.abort(),
  };
}
