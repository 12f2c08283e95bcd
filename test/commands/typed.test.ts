import { describe, expect, test } from 'vitest';
import { commands } from '../../commands/index.js';
import { optionsOf } from '../../src/command.js';
import type { DrawOne } from '../../src/jobs/draw.js';
import { ada, boss, openKit, room, wordsOf } from '../fixtures/kit.js';

const bea = { ...ada, key: 'discord:2', id: '2', name: 'Bea' };
const asBoss = { person: boss };

/** Draws until it is stopped. */
const endless: DrawOne = (_model, _request, { signal }) =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

test('every command has a name, words and options that both platforms take', () => {
  const names = commands.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const command of commands) {
    expect(command.name).toMatch(/^[a-z]{2,20}$/);
    expect(command.about.length).toBeLessThanOrEqual(100);
    const options = optionsOf(command);
    // What is hidden is never sent to them, and what is rare only where there is room.
    expect(options.filter(({ hidden, rare }) => !hidden && !rare).length).toBeLessThanOrEqual(25);
    for (const { about, label } of options) {
      expect(about.length).toBeLessThanOrEqual(100);
      expect(label.length).toBeLessThanOrEqual(45);
    }
  }
});

test('commands for admins are refused to others, and unknown ones to all', async () => {
  const kit = await openKit();
  expect((await kit.ask('stats')).text).toBe('Cannot run stats: you are no admin here, and only they may');
  expect((await kit.ask('settings')).text).toContain('you are no admin here');
  expect((await kit.ask('sudo')).text).toContain(
    'Cannot run "sudo": there is no such command, want one of imagine, cancel',
  );
});

describe('/queue and /cancel', () => {
  test('tell where mine stand, and end them', async () => {
    const kit = await openKit({ drawOne: endless, queue: { slots: 1 } });
    for (const prompt of ['a fox', 'a hen']) await kit.ask('imagine', { prompt });
    await kit.ask('imagine', { prompt: 'a cow' }, { person: bea });
    const answer = await kit.ask('queue');
    expect(answer.text).toMatch(
      /^Yours: 2\. All: 1 drawn now, 2 waiting\. Asked now, yours would start in about \d+ s\.$/,
    );
    expect(answer.last.items!.map(({ title }) => wordsOf({ text: title }))).toEqual(['a fox', 'a hen']);
    expect((await kit.ask('cancel')).text).toBe('Cancelled 2 of yours.');
    const states = (await kit.log.find({}, { skip: 0, take: 9 })).jobs.map(
      ({ options, state }) => `${options.prompt} ${state}`,
    );
    expect(states.sort()).toEqual([
      expect.stringMatching(/^a cow (queued|running)$/),
      'a fox cancelled',
      'a hen cancelled',
    ]);
  });

  test('one job is cancelled by its owner or a moderator, and nobody else', async () => {
    const kit = await openKit({ drawOne: endless });
    await kit.ask('imagine', { prompt: 'a fox' });
    const { id } = (await kit.log.find({}, { skip: 0, take: 1 })).jobs[0]!;
    expect((await kit.ask('cancel', { job: id }, { person: bea })).text).toContain(
      'want whoever asked for it, or a moderator',
    );
    expect((await kit.ask('cancel', { typed: id }, asBoss)).text).toBe(`Cancelled ${id}.`);
    const job = await kit.ended(id);
    expect(job.state).toBe('cancelled');
    expect(wordsOf(kit.shown(job.target).at(-1))).toContain('Cancelled.');
    expect((await kit.ask('cancel', { job: id })).text).toBe(`Nothing to cancel: ${id} has ended already.`);
  });
});

describe('/history and /show', () => {
  test('page through what I drew, with small pictures, and nobody else', async () => {
    const kit = await openKit();
    for (let index = 0; index < 7; index++) await kit.draw({ prompt: `fox ${index}` });
    await kit.draw({ prompt: 'a hen' }, { person: bea });
    const first = await kit.ask('history');
    expect(first.text).toBe('Your drawings: 7 so far, page 1 of 2; page 2 has the next.');
    expect(first.last.items!.map(({ title }) => wordsOf({ text: title }))).toEqual([
      'fox 6',
      'fox 5',
      'fox 4',
      'fox 3',
      'fox 2',
    ]);
    expect(first.last.items![0]!.picture).toMatchObject({ width: 96, height: 96, type: 'image/png' });
    expect((await kit.ask('history', { typed: '2' })).last.items).toHaveLength(2);
    expect((await kit.ask('history', { search: 'FOX 3' })).text).toContain('1 with "FOX 3"');
    expect(first.last.private).toBe(true);
  });

  test('bring a picture back with its buttons', async () => {
    const kit = await openKit();
    const job = await kit.draw({ prompt: 'a fox', count: 2 });
    const answer = await kit.ask('show', { typed: job.id.toUpperCase() });
    expect(answer.last.pictures).toHaveLength(1);
    expect(answer.last.buttons!.flat().map(({ label }) => label)).toContain('U2');
    expect((await kit.ask('show', { typed: '' })).text).toContain(
      'job is "", want the ten characters under a picture',
    );
  });
});

describe('/styles', () => {
  test('are listed by all, and made and removed by admins', async () => {
    const kit = await openKit();
    expect((await kit.ask('styles')).text).toContain('No styles yet');
    expect((await kit.ask('styles', { name: 'comic', prompt: '{prompt}!' })).text).toContain(
      'you are no admin here',
    );
    expect((await kit.ask('styles', { name: 'comic', prompt: 'no place' }, asBoss)).text).toContain(
      'want a prompt with {prompt} in it once',
    );
    await kit.ask('styles', { name: 'comic', prompt: '{prompt}, comic', negative: 'photo' }, asBoss);
    expect((await kit.ask('styles')).last.items!.map(({ body }) => wordsOf({ text: body! }))).toEqual([
      '{prompt}, comic — without photo',
    ]);
    expect((await kit.ask('styles', { name: 'comic', remove: true }, asBoss)).text).toBe(
      'Removed style comic.',
    );
    expect((await kit.ask('styles', { name: 'comic', remove: true }, asBoss)).text).toContain(
      'there is none of that name',
    );
  });
});

describe('/settings', () => {
  test('hold for the channel or the server, and are taken back by off', async () => {
    const kit = await openKit();
    const changed = await kit.ask(
      'settings',
      { scope: 'server', quota: '5', roles: '<@&12345>, 67890', nsfw: 'block' },
      asBoss,
    );
    expect(changed.text).toContain('Changed for this server: quota, roles, nsfw');
    await kit.ask(
      'settings',
      { max_steps: '30', unchecked: 'on', forbidden: 'blood, gore ', reports: '<#55555>' },
      asBoss,
    );
    expect(await kit.tools.settings(room)).toMatchObject({
      quota: 5,
      roles: ['12345', '67890'],
      nsfw: 'block',
      maxSteps: 30,
      unchecked: true,
      forbidden: ['blood', 'gore'],
      reports: '55555',
    });
    expect((await kit.tools.settings({ ...room, channel: '201' })).maxSteps).toBeUndefined();
    await kit.ask('settings', { scope: 'server', quota: 'off' }, asBoss);
    expect((await kit.tools.settings(room)).quota).toBeUndefined();
  });

  test.each([
    [{ steps: '0' }, 'steps is "0", want a whole number from 1 to 1000, or off'],
    [{ width: '100' }, 'Cannot set width to 100: want a multiple of 8'],
    [{ model: 'nope' }, 'Cannot draw with model nope: want one of sprite'],
    [{ roles: 'everybody' }, 'Cannot set roles to "everybody": want ids or mentions'],
  ])('%j are refused', async (options, message) => {
    const kit = await openKit();
    expect((await kit.ask('settings', options, asBoss)).text).toContain(message);
  });
});

describe('/stats', () => {
  test('tell what was drawn in this server, with a chart and a table', async () => {
    const kit = await openKit();
    await kit.draw({ prompt: 'a fox' });
    await kit.draw({ prompt: 'a fox' }, { person: bea, place: { ...room, server: '101' } });
    const answer = await kit.ask('stats', { typed: 'hour --csv' }, asBoss);
    expect(answer.text).toContain('Jobs: 1, 1 pictures');
    expect(answer.last.pictures).toMatchObject([{ type: 'image/png', name: 'kiln-stats-hour.png' }]);
    expect(answer.last.files![0]!.bytes.toString()).toContain('\nperson,discord:1,1\n');
    expect(answer.last.private).toBe(true);
    expect((await kit.ask('stats', { person: '<@2>' }, asBoss)).text).toContain('Jobs: 0');
    expect((await kit.ask('stats', { typed: 'century' }, asBoss)).text).toContain(
      'want one of hour, day, week, month, year',
    );
  });
});

describe('/privacy', () => {
  test('exports and deletes what is kept of me, and of nobody else', async () => {
    const kit = await openKit();
    const mine = await kit.draw({ prompt: 'my fox' });
    const other = await kit.draw({ prompt: 'her hen' }, { person: bea });
    expect((await kit.ask('privacy')).text).toContain('1 so far');
    const { files } = (await kit.ask('privacy', { action: 'export' })).last;
    expect(files![0]!.bytes.toString()).toContain('my fox');
    expect(files![0]!.bytes.toString()).not.toContain('her hen');
    expect((await kit.ask('privacy', { typed: 'delete' })).text).toContain('Deleted: 1 jobs');
    expect(await kit.log.get(mine.id)).toBeUndefined();
    expect(await kit.tools.storage.get(mine.images[0]!.key!)).toBeUndefined();
    expect(await kit.log.get(other.id)).toBeDefined();
  });

  test('delete ends what waits or is drawn as well', async () => {
    const kit = await openKit({ drawOne: endless, queue: { slots: 1 } });
    for (const prompt of ['a fox', 'a hen']) await kit.ask('imagine', { prompt });
    await kit.ask('privacy', { action: 'delete' });
    expect((await kit.log.find({}, { skip: 0, take: 9 })).total).toBe(0);
    expect(kit.queue.list().filter(({ running }) => !running)).toEqual([]);
  });
});

test('/models tells which there are, and /help what can be typed, by platform', async () => {
  const kit = await openKit({ models: [{}, { name: 'sd15', builtIn: false, checked: true, warm: false }] });
  const { items } = (await kit.ask('models')).last;
  expect(items!.map(({ title, body }) => wordsOf({ text: [...title, ': ', ...body!] }))).toEqual([
    'sprite (used unless you say otherwise): 128×128, 20 steps, guidance 3, comes with Kiln, warm',
    'sd15: 128×128, 20 steps, guidance 3, pictures are checked, is loaded when asked for',
  ]);
  const titles = async (place: typeof room, person = ada) =>
    (await kit.ask('help', {}, { place, person })).last.items!.map(({ title }) => wordsOf({ text: title }));
  expect(await titles(room)).toContain('/history');
  expect(await titles(room)).not.toContain('/stats');
  expect(await titles(room, boss)).toContain('/stats');
  expect(await titles({ ...room, platform: 'slack' })).toEqual(
    expect.arrayContaining(['/imagine', '/kiln queue']),
  );
});

describe('on a message', () => {
  test('Re-imagine opens its words, or the prompt of its job', async () => {
    const kit = await openKit();
    expect((await kit.ask('reimagine', { text: ' a fox ' })).form!.fields[0]!.value).toBe('a fox');
    const job = await kit.draw({ prompt: 'a hen' });
    expect((await kit.ask('reimagine', { job: job.id })).form!.fields[0]!.value).toContain('a hen');
    expect((await kit.ask('reimagine', { text: '' })).text).toContain('found no words in it');
  });

  test('Prompt of this tells it of a picture of mine, and says so of anything else', async () => {
    const kit = await openKit();
    const job = await kit.draw({ prompt: 'a hen' });
    expect((await kit.ask('promptof', { job: job.id })).text).toContain('Prompt: a hen');
    expect((await kit.ask('promptof', { text: 'hello' })).text).toContain('want one with a picture of mine');
  });
});
