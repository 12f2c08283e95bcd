import { describe, expect, test } from 'vitest';
import type { DrawOne } from '../../src/jobs/draw.js';
import { ada, boss, grey, openKit, room } from '../fixtures/kit.js';

const bea = { ...ada, key: 'discord:2', id: '2', name: 'Bea' };

/** The newest job, once it has ended. */
async function newest(kit: Awaited<ReturnType<typeof openKit>>) {
  const [job] = (await kit.log.find({}, { skip: 0, take: 1 })).jobs;
  return kit.ended(job!.id);
}

describe('buttons under a picture', () => {
  test('re-roll draws the same from another seed, and says from what', async () => {
    const kit = await openKit();
    const first = await kit.draw({ prompt: 'a fox', seed: 7, count: 2, steps: 5 });
    const answer = await kit.ask('reroll', { job: first.id });
    const job = await newest(kit);
    expect(job).toMatchObject({ kind: 'reroll', parent: { job: first.id, index: 1 }, state: 'delivered' });
    expect(job.options).toMatchObject({ prompt: 'a fox', count: 2, steps: 5 });
    expect(job.options.seed).not.toBe(7);
    expect(answer.text).toContain(`re-roll of ${first.id}`);
  });

  test('variations start from the picture that was chosen', async () => {
    const requests: Parameters<DrawOne>[1][] = [];
    const drawOne: DrawOne = (model, request, hooks) => {
      requests.push(request);
      return grey(model, request, hooks);
    };
    const kit = await openKit({ drawOne });
    const first = await kit.draw({ prompt: 'a fox', seed: 7, count: 4 });
    await kit.ask('vary', { job: first.id, index: 3 });
    const job = await newest(kit);
    expect(job).toMatchObject({
      kind: 'vary',
      parent: { job: first.id, index: 3 },
      init: { key: first.images[2]!.key },
    });
    expect(requests.at(-1)).toMatchObject({ strength: 0.7, init: { width: 128, height: 128 } });
    expect(requests.at(-1)!.init!.data[0]).toBe(9);
  });

  test('upscale draws again at twice the size where the model can', async () => {
    const kit = await openKit({ models: [{ width: 512, height: 512 }] });
    const first = await kit.draw({ prompt: 'a fox', seed: 7, width: 512, height: 512 });
    await kit.ask('enlarge', { job: first.id, index: 1 });
    const job = await newest(kit);
    expect(job).toMatchObject({ kind: 'enlarge', drawnWith: { width: 1024, height: 1024, strength: 0.3 } });
  });

  test('upscale resamples, and says so, where the model cannot', async () => {
    const kit = await openKit();
    const first = await kit.draw({ prompt: 'a fox' });
    const answer = await kit.ask('enlarge', { job: first.id, index: 1 });
    expect(answer.text).toContain('resampled: 256×256 is more than sprite draws well');
    expect(answer.last.pictures).toMatchObject([{ width: 256, height: 256 }]);
    expect((await kit.log.find({}, { skip: 0, take: 9 })).total).toBe(1);
  });

  test('U shows one of several alone', async () => {
    const kit = await openKit();
    const first = await kit.draw({ prompt: 'a fox', seed: 7, count: 4 });
    const answer = await kit.ask('pick', { job: first.id, index: 2 });
    expect(answer.last.pictures).toMatchObject([{ width: 128, name: `kiln-${first.id}-2.png` }]);
    expect(answer.last.buttons!.flat().map(({ label }) => label)).toContain('V2');
    expect(answer.acknowledged).toEqual({ private: false });
  });

  test('a picture that is not there is told', async () => {
    const kit = await openKit();
    const first = await kit.draw();
    expect((await kit.ask('pick', { job: first.id, index: 4 })).text).toBe(
      `Cannot use picture 4 of job ${first.id}: there are 1, want one that is shown`,
    );
  });

  test('Edit opens the prompt with its settings, as somebody would type them', async () => {
    const kit = await openKit();
    const first = await kit.draw({ prompt: 'a fox', seed: 7, steps: 5, negative: 'hens', count: 2 });
    const { form } = await kit.ask('edit', { job: first.id });
    expect(form!.fields).toMatchObject([
      { name: 'prompt', value: 'a fox --steps 5 --count 2 --model sprite', required: true },
      { name: 'negative', value: 'hens' },
      { name: 'seed', value: '7' },
    ]);
    const values = Object.fromEntries(form!.fields.map(({ name, value }) => [name, value]));
    await kit.ask(form!.command, values);
    expect((await newest(kit)).options).toEqual(first.options);
  });

  test('Info tells everything that made it, to the asker alone', async () => {
    const kit = await openKit();
    const first = await kit.draw({ prompt: 'a fox', seed: 7, negative: 'hens' });
    const answer = await kit.ask('info', { job: first.id });
    expect(answer.last.private).toBe(true);
    for (const part of [
      'Prompt: a fox',
      'Without: hens',
      'Seed: 7',
      'Size: 128×128',
      'Steps: 20',
      'Scheduler: ddim',
      `Job: ${first.id}`,
    ]) {
      expect(answer.text).toContain(part);
    }
  });

  test('Report goes to the admins once for each who reports', async () => {
    const kit = await openKit();
    await kit.log.set('discord/100', undefined, { reports: '300' });
    const first = await kit.draw();
    expect((await kit.ask('report', { job: first.id }, { person: bea })).text).toContain(
      'Reported to the admins',
    );
    expect((await kit.ask('report', { job: first.id }, { person: bea })).text).toContain('before');
    expect(kit.posted).toHaveLength(1);
    expect(kit.posted[0]).toMatchObject({
      place: { channel: '300' },
      reply: { pictures: [{ alt: 'a red fox' }] },
    });
  });

  describe('Use as emoji', () => {
    const maker = { ...ada, makesEmoji: true };

    test('makes one where both may', async () => {
      const kit = await openKit();
      const first = await kit.draw({ prompt: 'A happy dog!' });
      expect((await kit.ask('emoji', { job: first.id, index: 1 }, { person: maker })).text).toBe(
        'Made an emoji: :a_happy_dog:',
      );
    });

    test('is refused to who may not, and in a direct message', async () => {
      const kit = await openKit();
      const first = await kit.draw();
      expect((await kit.ask('emoji', { job: first.id })).text).toContain(
        'want the permission Create Expressions',
      );
      const dm = { ...room, server: undefined, direct: true };
      expect((await kit.ask('emoji', { job: first.id }, { person: maker, place: dm })).text).toContain(
        'want a server',
      );
      expect(kit.emoji).toEqual([]);
    });

    test.each([
      ['🦊', /^kiln_\w{4}$/],
      ['ÄÖ Fuß', /^ao_fu$/],
      ['x'.repeat(99), /^x{28}$/],
    ])('%s gets a name that Discord takes', async (prompt, name) => {
      const kit = await openKit();
      const first = await kit.draw({ prompt });
      await kit.ask('emoji', { job: first.id }, { person: maker });
      expect(kit.emoji[0]).toMatch(name);
    });
  });

  describe('Delete', () => {
    test.each([
      ['whoever asked', ada],
      ['a moderator', boss],
    ])('by %s takes the message, the row and the files', async (_, person) => {
      const kit = await openKit();
      const first = await kit.draw();
      expect((await kit.ask('delete', { job: first.id }, { person })).text).toContain('Deleted');
      expect(kit.removed).toEqual([first.target]);
      expect(await kit.log.get(first.id)).toBeUndefined();
      expect(await kit.tools.storage.get(first.images[0]!.key!)).toBeUndefined();
    });

    test('by anybody else is refused', async () => {
      const kit = await openKit();
      const first = await kit.draw();
      expect((await kit.ask('delete', { job: first.id }, { person: bea })).text).toContain(
        'want whoever asked for it, or a moderator',
      );
      expect(await kit.log.get(first.id)).toBeDefined();
    });

    test('a picture that another job has as well stays', async () => {
      const kit = await openKit();
      const [first, second] = [
        await kit.draw({ prompt: 'a fox', seed: 7 }),
        await kit.draw({ prompt: 'a fox', seed: 7 }),
      ];
      expect(first.images[0]!.key).toBe(second.images[0]!.key);
      await kit.ask('delete', { job: first.id });
      expect(await kit.tools.storage.get(second.images[0]!.key!)).toBeDefined();
    });
  });
});

describe("other people's jobs", () => {
  const elsewhere = { ...room, server: '101', channel: '201' };

  test.each([
    'reroll',
    'vary',
    'subtle',
    'enlarge',
    'zoom',
    'pick',
    'edit',
    'info',
    'emoji',
    'report',
    'delete',
    'show',
    'cancel',
  ])('%s of one that was asked for in another server is as if it were not there', async (command) => {
    const kit = await openKit();
    const first = await kit.draw();
    const answer = await kit.ask(
      command,
      { job: first.id },
      { person: { ...boss, key: 'discord:7' }, place: elsewhere },
    );
    expect(answer.text).toBe(`Cannot find job ${first.id}: want one of yours, or one shown here`);
  });

  test.each(['nope', '0'.repeat(10), "' OR 1=1 --", '../../etc'])('job %j is refused', async (job) => {
    const kit = await openKit();
    expect((await kit.ask('info', { job })).text).toMatch(/^Cannot (find job|run info: job is)/);
  });
});

describe('pictures that may be shown in one room only', () => {
  const flagged = async (...args: Parameters<typeof grey>) => ({
    ...(await grey(...args)),
    verdict: 'flagged' as const,
  });
  const adult = { ...room, channel: '201', ageRestricted: true };

  test('flagged ones do not leave age-restricted channels, neither by /show nor by a button', async () => {
    const kit = await openKit({ drawOne: flagged });
    await kit.log.set('discord/100', undefined, { nsfw: 'age-restricted' });
    const job = await kit.draw({ prompt: 'a fox' }, { place: adult });
    expect(job.state).toBe('delivered');
    expect((await kit.ask('show', { job: job.id }, { place: adult })).last.pictures).toHaveLength(1);
    for (const command of ['show', 'pick', 'enlarge', 'emoji', 'vary', 'subtle', 'zoom']) {
      const answer = await kit.ask(command, { job: job.id }, { person: { ...ada, makesEmoji: true } });
      expect(answer.text).toContain('may not be shown here');
      expect(answer.last.pictures ?? []).toEqual([]);
    }
    expect((await kit.ask('history')).last.items![0]!.picture).toBeUndefined();
  });

  test('those of a model without a checker stay where it may draw', async () => {
    const kit = await openKit({ models: [{}, { name: 'wild', builtIn: false }] });
    await kit.log.set('discord/100', '201', { unchecked: true });
    const job = await kit.draw({ prompt: 'a fox', model: 'wild' }, { place: { ...room, channel: '201' } });
    expect(job.state).toBe('delivered');
    expect((await kit.ask('show', { job: job.id })).text).toContain('may not be shown here');
  });
});

test('Edit of a picture that was made from another keeps where it started, and says from what it is', async () => {
  const kit = await openKit();
  const first = await kit.draw({ prompt: 'a fox', seed: 7 });
  await kit.ask('vary', { job: first.id, index: 1 });
  const varied = await newest(kit);
  const { form } = await kit.ask('edit', { job: varied.id });
  await kit.ask(form!.command, { prompt: 'a hen', job: form!.job });
  expect(await newest(kit)).toMatchObject({
    options: { prompt: 'a hen', strength: varied.options.strength },
    init: varied.init,
    parent: { job: varied.id, index: 1 },
  });
});

test('what is on its way to be shown is not, once it is deleted', async () => {
  let shown = 0;
  const kit = await openKit({
    show: (_, reply) => {
      if (!reply.pictures) return undefined;
      shown += 1;
      throw new Error('503');
    },
  });
  await kit.ask('imagine', { prompt: 'a fox' });
  for (let tries = 0; shown === 0 && tries < 200; tries++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  const [job] = (await kit.log.find({}, { skip: 0, take: 1 })).jobs;
  expect(job!.state).toBe('drawn');
  await kit.ask('delete', { job: job!.id });
  expect(await kit.log.get(job!.id)).toBeUndefined();
  kit.clock.skip(60_000);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(shown).toBe(1);
});
