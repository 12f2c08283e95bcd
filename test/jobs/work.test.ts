import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { UserError } from '../../src/errors.js';
import type { DrawOne } from '../../src/jobs/draw.js';
import type { Log } from '../../src/log/log.js';
import { createMemoryLog } from '../../src/log/memory.js';
import { grey, openKit, wordsOf } from '../fixtures/kit.js';

const bea = {
  key: 'discord:2',
  id: '2',
  name: 'Bea',
  admin: false,
  moderator: false,
  roles: [],
  makesEmoji: false,
};

/** An engine that ends when it is given certain words, with all that is drawn beside it. */
function mortal(kills: (prompt: string, deaths: number) => boolean): DrawOne {
  const drawing = new Map<string, (error: Error) => void>();
  let deaths = 0;
  return async (model, request, hooks) => {
    const { prompt } = request;
    await new Promise<void>((resolve, reject) => {
      drawing.set(prompt, reject);
      setTimeout(resolve, 20);
      if (!kills(prompt, deaths)) return;
      deaths += 1;
      for (const [, die] of drawing) die(new UserError('engine-died', 'The engine ended (SIGKILL)'));
    }).finally(() => drawing.delete(prompt));
    return grey(model, request, hooks);
  };
}

describe('when the engine dies', () => {
  test('all that were in it are drawn again, alone, and none is blamed for one death', async () => {
    const kit = await openKit({ drawOne: mortal((prompt, deaths) => prompt === 'b' && deaths === 0) });
    const jobs = await Promise.all([
      kit.ask('imagine', { prompt: 'a' }),
      kit.ask('imagine', { prompt: 'b' }, { person: bea }),
    ]);
    expect(jobs).toHaveLength(2);
    for (const { id } of (await kit.log.find({}, { skip: 0, take: 9 })).jobs) {
      expect(await kit.ended(id)).toMatchObject({ state: 'delivered', attempt: 2, deaths: 1 });
    }
  });

  test('the one that ends it twice fails with the reason, and its neighbours are drawn', async () => {
    const kit = await openKit({ drawOne: mortal((prompt) => prompt === 'b') });
    await Promise.all([
      kit.ask('imagine', { prompt: 'a' }),
      kit.ask('imagine', { prompt: 'b' }, { person: bea }),
    ]);
    const { jobs } = await kit.log.find({}, { skip: 0, take: 9 });
    const [a, b] = await Promise.all(
      ['a', 'b'].map((prompt) => kit.ended(jobs.find(({ options }) => options.prompt === prompt)!.id)),
    );
    expect(a).toMatchObject({ state: 'delivered', attempt: 2 });
    expect(b).toMatchObject({ state: 'failed', errorCode: 'engine-died', deaths: 1, attempt: 2 });
    expect(wordsOf(kit.shown(b!.target).at(-1))).toContain(
      'Cannot draw this: the engine ended with it twice',
    );
  });
});

describe('what cannot be drawn', () => {
  test('fails with its sentence, shown to the asker', async () => {
    const kit = await openKit({
      drawOne: async () => {
        throw new UserError(
          'out-of-memory',
          'Cannot run the model on cpu: it needs more memory than there is',
        );
      },
    });
    const job = await kit.draw();
    expect(job).toMatchObject({ state: 'failed', errorCode: 'out-of-memory', told: true });
    expect(kit.shown(job.target).at(-1)!.text[0]).toEqual({ mention: '1' });
    expect(wordsOf(kit.shown(job.target).at(-1))).toContain('it needs more memory than there is');
  });

  test('of a defect, people see no more than that it was noted', async () => {
    const kit = await openKit({
      drawOne: async () => {
        throw new Error('the tensor is upset at /home/kiln/secret.ts:7');
      },
    });
    const job = await kit.draw();
    expect(job.errorCode).toBe('internal');
    expect(wordsOf(kit.shown(job.target).at(-1))).toContain(
      `something in Kiln went wrong, and was noted under ${job.id}`,
    );
  });

  test('a picture to start from that cannot be fetched is told', async () => {
    const kit = await openKit();
    const job = await kit.draw({
      prompt: 'a fox',
      image: { url: 'https://example.org/x.png', name: 'x.png' },
    });
    expect(job).toMatchObject({ state: 'failed', errorCode: 'bad-image' });
  });
});

test('a model is asked for its hash and for the pictures at once, so that it does not have to be loaded for each', async () => {
  let drawing = () => {};
  const drawn = new Promise<void>((resolve) => {
    drawing = resolve;
  });
  const kit = await openKit({
    modelHash: () => drawn.then(() => 'cd'.repeat(32)),
    drawOne: (...asked) => {
      drawing();
      return grey(...asked);
    },
  });
  expect(await kit.draw()).toMatchObject({ state: 'delivered', drawnWith: { modelHash: 'cd'.repeat(32) } });
});

test('the next job draws while the pictures of the one before are still encoded, kept and shown', async () => {
  const events: string[] = [];
  let second = () => {};
  const begun = new Promise<void>((resolve) => {
    second = resolve;
  });
  const log = createMemoryLog({ clock: systemClock });
  const kit = await openKit({
    queue: { slots: 1 },
    log: {
      ...log,
      // Noting the first one waits for the second: were its slot not free by now, neither would ever be drawn.
      async drew(id, result) {
        if (events.length === 1) await begun;
        events.push('noted');
        return log.drew(id, result);
      },
    },
    drawOne: (...asked) => {
      events.push(`draws ${asked[1].prompt}`);
      if (events.length > 1) second();
      return grey(...asked);
    },
    show: (_, reply) => {
      if (reply.pictures) events.push('shown');
      return undefined;
    },
  });
  await Promise.all([kit.draw({ prompt: 'a' }), kit.draw({ prompt: 'b' }, { person: bea })]);
  expect(events.slice(0, 2)).toEqual(['draws a', 'draws b']);
  expect(events.slice(2).toSorted()).toEqual(['noted', 'noted', 'shown', 'shown']);
});

describe('when the room is in trouble', () => {
  test('the picture is shown when it is over', async () => {
    let trouble = 3;
    const kit = await openKit({
      show: (_, reply) => {
        if (!reply.pictures || trouble-- <= 0) return undefined;
        throw new Error('503');
      },
    });
    const job = kit.draw();
    for (let tries = 0; tries < 40; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      kit.clock.skip(1000);
    }
    expect((await job).state).toBe('delivered');
    expect(trouble).toBe(-1);
  });

  test('a message that is gone ends the job, and is not tried again', async () => {
    let shown = 0;
    const kit = await openKit({
      show: (_, reply) => {
        if (!reply.pictures) return undefined;
        shown += 1;
        throw new UserError('message-gone', 'The message was deleted');
      },
    });
    expect(await kit.draw()).toMatchObject({ state: 'failed', errorCode: 'message-gone', told: true });
    expect(shown).toBe(1);
  });
});

describe('when the log cannot be written for now', () => {
  test.each(['start', 'drew', 'delivered', 'fail'] as const)('%s is done when it can', async (name) => {
    const kit = await openKit({
      log: failingLog(name, 3),
      drawOne: name === 'fail' ? () => Promise.reject(new UserError('bad-option', 'No')) : grey,
    });
    const job = kit.draw();
    for (let tries = 0; tries < 60; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 15));
      kit.clock.skip(1000);
    }
    // What was drawn and could not be noted ends as a failure that is told, not in silence.
    expect((await job).state).toBe(name === 'fail' || name === 'drew' ? 'failed' : 'delivered');
  });
});

/** A log that fails so many times to do one thing. */
function failingLog(name: 'start' | 'drew' | 'delivered' | 'fail', times: number): Log {
  const log = createMemoryLog({ clock: systemClock });
  let left = times;
  const work = log[name] as (...args: unknown[]) => Promise<undefined>;
  const failing = async (...args: unknown[]) => {
    if (left-- > 0) throw new Error('SQLITE_FULL');
    return work(...args);
  };
  return { ...log, [name]: failing };
}

test('progress never goes back: a preview that is ready before that of an earlier step takes its place', async () => {
  const noise = (side: number) => ({ width: side, height: side, data: randomBytes(side * side * 3) });
  const kit = await openKit({
    async drawOne(model, request, hooks) {
      for (const [at, preview] of [noise(1500), noise(8)].entries()) {
        hooks.onProgress?.({ step: at + 1, steps: 3, preview });
        kit.clock.skip(2000);
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return grey(model, request, hooks);
    },
  });
  const job = await kit.draw();
  const steps = kit.shown(job.target).flatMap(({ progress }) => (progress?.preview ? [progress.step] : []));
  expect(steps).toContain(2);
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
});

test('a preview stays while steps without one go on', async () => {
  const preview = { width: 8, height: 8, data: randomBytes(8 * 8 * 3) };
  const kit = await openKit({
    async drawOne(model, request, hooks) {
      hooks.onProgress?.({ step: 1, steps: 3, preview });
      await new Promise((resolve) => setTimeout(resolve, 300));
      hooks.onProgress?.({ step: 2, steps: 3 });
      await new Promise((resolve) => setTimeout(resolve, 300));
      return grey(model, request, hooks);
    },
  });
  const job = await kit.draw();
  const shown = kit.shown(job.target).find(({ progress }) => progress?.step === 2);
  expect(shown?.progress?.preview?.alt).toBe('The drawing so far');
});

test('pictures are kept with the hash of their pixels, and drawn again the same from the log alone', async () => {
  const kit = await openKit();
  const job = await kit.draw({ prompt: 'a fox', seed: 7, count: 2 });
  const again = await kit.tools.redraw(job);
  expect(again.map(({ pixels }) => pixels)).toEqual(job.images.map(({ pixels }) => pixels));
});

test('every time and number of the row is there once it is delivered', async () => {
  const kit = await openKit();
  const job = await kit.draw({ prompt: 'a fox' });
  expect(Object.values(job.timings)).toHaveLength(6);
  expect(Object.values(job.timings).every((value) => Number.isInteger(value) && value >= 0)).toBe(true);
  const { asked, queued, started, drawn, delivered } = job;
  const times = [asked, queued, started, drawn, delivered].map(Number);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});
