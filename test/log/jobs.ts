import type { Job, JobImage, Log, NewJob } from '../../src/log/log.js';

/** 2026-03-04, 05:06:07. */
export const noon = Date.UTC(2026, 2, 4, 5, 6, 7);

let events = 0;

/** A job as somebody may ask for it; no two have the same key. */
export function newJob(changes: Partial<NewJob> = {}): NewJob {
  return {
    key: `discord:${++events}`,
    person: { key: 'discord:1', id: '1', name: 'Ada' },
    place: {
      platform: 'discord',
      server: 'guild',
      channel: 'general',
      direct: false,
      ageRestricted: false,
      member: true,
    },
    target: { platform: 'discord', token: 'abc' },
    kind: 'imagine',
    options: { prompt: 'a red fox', seed: 7, count: 1, model: 'sprite' },
    urgency: 'normal',
    asked: noon,
    ...changes,
  };
}

export function image(changes: Partial<JobImage> = {}): JobImage {
  return {
    index: 1,
    seed: 7,
    key: `${'a'.repeat(64)}.png`,
    bytes: 1234,
    width: 128,
    height: 128,
    verdict: 'safe',
    pixels: 'b'.repeat(64),
    ...changes,
  };
}

export const drawnWith: NonNullable<Job['drawnWith']> = {
  width: 128,
  height: 128,
  steps: 20,
  guidance: 7.5,
  scheduler: 'DDIMScheduler',
  device: 'cpu',
  modelHash: 'c'.repeat(64),
  cold: false,
  mates: 0,
  warnings: [],
};

/** What `drew` is told. */
export function result(changes: Partial<Parameters<Log['drew']>[1]> = {}): Parameters<Log['drew']>[1] {
  return {
    now: noon + 3000,
    images: [image()],
    drawnWith,
    timings: { wait: 100, load: 0, encode: 10, denoise: 500, decode: 40 },
    ...changes,
  };
}

/** Accepts a job and brings it to a state. */
export async function jobIn(log: Log, state: Job['state'], changes: Partial<NewJob> = {}, drawn = result()) {
  const { job } = await log.accept(newJob(changes));
  const { id } = job;
  if (state === 'cancelled') await log.cancel(id, noon + 1000);
  if (!['queued', 'cancelled'].includes(state)) await log.start(id, noon + 2000);
  if (state === 'failed') await log.fail(id, { code: 'out-of-memory', text: 'No room', now: noon + 2500 });
  if (state === 'drawn' || state === 'delivered') await log.drew(id, drawn);
  if (state === 'delivered') await log.delivered(id, { now: noon + 4000, post: 200 });
  return (await log.get(id))!;
}
