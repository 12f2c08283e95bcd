import { setTimeout as later } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { commands } from '../../commands/index.js';
import { type OptionSpec, optionsOf } from '../../src/command.js';
import { UserError } from '../../src/errors.js';
import { parseTyped } from '../../src/typed.js';
import { ada, boss, type Kit, openKit, room } from '../fixtures/kit.js';
import { fuzzCount, fuzzSeed } from './count.js';
import { createHostileText } from './hostileText.js';
import { createRandom } from './random.js';
import { saysTooMuch } from './saysTooMuch.js';
import { watchProcess } from './watch.js';

const victims = ['80351110224678912', '175928847299117063'];
const specs = new Map(commands.map((command) => [command.name, optionsOf(command)]));
const names = [...specs.keys()];

/** What parseTyped makes of a text: its options, or the sentence that it refuses it with. */
function read(text: string, options: readonly OptionSpec[]): Record<string, unknown> | string {
  try {
    return parseTyped(text, options);
  } catch (error) {
    if (error instanceof UserError && error.code === 'bad-option') return error.message;
    throw error;
  }
}

test('typed text is read, or refused in one sentence, whatever it is', async () => {
  const count = fuzzCount(45_000);
  const random = createRandom(fuzzSeed);
  const text = createHostileText(random, victims);
  const watch = watchProcess();
  let slowest = 0;
  let refused = 0;
  for (let made = 0; made < count; made += 1) {
    const typed = text();
    const command = random.below(3) > 0 ? 'imagine' : random.pick(names);
    const options = specs.get(command)!;
    const began = performance.now();
    const result = read(typed, options);
    slowest = Math.max(slowest, performance.now() - began);
    if (typeof result === 'string') {
      refused += 1;
      expect(result).toMatch(/^Cannot read /);
      expect(saysTooMuch(result)).toBeUndefined();
    } else {
      for (const [name, value] of Object.entries(result)) {
        const option = options.find((each) => each.name === name)!;
        const type =
          { integer: 'number', number: 'number', boolean: 'boolean' }[option.type as 'number'] ?? 'string';
        expect(typeof value).toBe(type);
        if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
      }
    }
  }
  await watch.check();
  console.log(
    `fuzz typed: seed ${fuzzSeed}, ${count} texts, ${refused} refused, slowest ${slowest.toFixed(1)} ms`,
  );
});

test('any string at all is read, or refused in one sentence; what suffixes say is what comes out', () => {
  const options = specs.get('imagine')!;
  const how = { seed: fuzzSeed, numRuns: fuzzCount(4000) };
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const result = read(text, options);
      if (typeof result === 'string') return result.startsWith('Cannot read ');
      return Object.keys(result).every((name) => options.some((option) => option.name === name));
    }),
    how,
  );
  const word = fc.stringMatching(/^[a-z@<>*!#&]{1,9}$/);
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.constantFrom('--', '—', '–'),
      fc.boolean(),
      (words, seed, dash, first) => {
        const suffixes = [`${dash}seed ${seed}`, `${dash}no ${words.join(' ')}`];
        const typed = [words.join(' '), ...(first ? suffixes : suffixes.reverse())].join(' ');
        expect(read(typed, options)).toEqual({ prompt: words.join(' '), seed, negative: words.join(' ') });
      },
    ),
    how,
  );
});

test('every command answers whatever it is given, as text or by name', async () => {
  const count = fuzzCount(10_000);
  const random = createRandom(fuzzSeed + 1);
  const text = createHostileText(random, victims);
  const watch = watchProcess();
  const eve = { ...ada, key: 'discord:3', id: '3', name: text() };
  let kit: Kit | undefined;
  let known: string[] = [];
  let drawn = 0;
  let slowest = 0;
  const before = watch.memory();
  for (let made = 0; made < count; made += 1) {
    if (made % 1000 === 0) {
      kit = await openKit({ queue: { waitingEach: 10, waitingMost: 20 } });
      const own = await kit.draw({ prompt: 'a fox', count: 2 });
      const other = await kit.draw(
        { prompt: 'a hen' },
        { person: { ...ada, key: 'discord:7', id: '7' }, place: { ...room, channel: '201' } },
      );
      known = [own.id, other.id, 'aaaaaaaaaa', '__proto__'];
    }
    const name = random.below(3) === 0 ? 'imagine' : random.pick([...names, text()]);
    const began = performance.now();
    const answer = await kit!.ask(name, given(name), {
      person: random.pick([ada, eve, boss]),
      place: random.pick([room, { ...room, direct: true, server: undefined }, { ...room, channel: '201' }]),
    });
    slowest = Math.max(slowest, performance.now() - began);
    const said = answer.form ? answer.form.title : answer.text;
    expect(saysTooMuch(said), `${name}: ${said}`).toBeUndefined();
    if (answer.acknowledged) drawn += 1;
    if (made % 250 === 249) {
      await watch.check();
      while (kit!.queue.list().length > 0) await later(20);
      const job = await kit!.draw(
        { prompt: 'a plain fox' },
        { person: boss, place: { ...room, channel: '999', server: '999' } },
      );
      expect(job.state).toBe('delivered');
    }
  }
  const grown = (watch.memory() - before) / 2 ** 20;
  console.log(
    `fuzz commands: seed ${fuzzSeed + 1}, ${count} asked, ${drawn} drawn, slowest ${slowest.toFixed(0)} ms, ` +
      `event loop at most ${watch.slowest.toFixed(0)} ms, ${grown.toFixed(1)} MiB more in use`,
  );

  function given(name: string): Record<string, unknown> {
    const ways = random.below(3);
    if (ways === 0) return { typed: random.below(6) === 0 ? random.pick(known) : text() };
    const options: Record<string, unknown> = {};
    for (const spec of specs.get(name) ?? specs.get('imagine')!) {
      if (random.below(ways === 1 ? 2 : 5) === 0) options[spec.name] = value(spec);
    }
    if (random.below(20) === 0) options[text()] = text();
    return options;
  }

  function value(spec: OptionSpec): unknown {
    const right: unknown[] = [
      ...(spec.name === 'job' ? known : []),
      ...(spec.choices ?? []),
      ...(spec.type === 'string' && !spec.choices ? [text(), text(), text()] : []),
      ...(spec.min === undefined ? [] : [spec.min, spec.min, spec.max]),
      ...(spec.type === 'boolean' ? [true, false] : []),
      ...(spec.attachment ? [{ url: text(), name: text() }] : []),
    ];
    const wrong: unknown[] = [
      text(),
      -1,
      1e308,
      Number.NaN,
      null,
      undefined,
      {},
      [],
      [text()],
      { url: 1 },
      2 ** 53,
      '7',
      ' on ',
      0.5,
    ];
    return random.below(3) > 0 && right.length > 0 ? random.pick(right) : random.pick(wrong);
  }
});
