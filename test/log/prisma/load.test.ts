import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { percentiles } from '../../../src/log/percentiles.js';
import { createRandom } from '../../fire/random.js';
import { temporaryFolder } from '../../fixtures/temporaryFolder.js';
import { newJob, noon, result } from '../jobs.js';
import { fill } from './fill.js';
import { temporaryLog } from './temporaryLog.js';

test('fifty a second are accepted while others are drawn and delivered', async () => {
  const log = await temporaryLog();
  const waits: number[] = [];
  const lives: Promise<unknown>[] = [];
  for (let index = 0; index < 250; index++) {
    const asked = performance.now();
    const life = log.accept(newJob()).then(async ({ job: { id } }) => {
      waits.push(performance.now() - asked);
      await log.start(id, noon);
      await log.drew(id, result());
      await log.delivered(id, { now: noon, post: 1 });
    });
    lives.push(life);
    await wait(20);
  }
  await Promise.all(lives);
  const { p50, p99 } = percentiles(waits)!;
  console.log(`accepted within ${p50.toFixed(1)} ms (p50), ${p99.toFixed(1)} ms (p99)`);
  expect((await log.find({ states: ['delivered'] }, { skip: 0, take: 1 })).total).toBe(250);
  // On a quiet machine 3 and 20 ms; an acknowledgement has 500, and a disk shared with other builds takes most of that.
  expect(p50).toBeLessThan(50);
  expect(p99).toBeLessThan(500);
});

const module = (path: string) => JSON.stringify(pathToFileURL(`dist/src/${path}.js`).href);

/** Another process with a log on `kiln.db` in the folder; it does `work`, and `say` writes a line. */
function other(folder: string, work: string) {
  const script = `
    import { openPrismaLog } from ${module('log/prisma/open')};
    import { systemClock } from ${module('clock')};
    const job = ${JSON.stringify(newJob())};
    const say = (line) => process.stdout.write(line + '\\n');
    const log = await openPrismaLog({ url: 'file:kiln.db', clock: systemClock });
    ${work}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  return { child, lines: () => said.split('\n').slice(0, -1) };
}

test('what was accepted outlives a kill -9 right after', async () => {
  const folder = temporaryFolder();
  for (let times = 0; times < 3; times++) {
    const { child, lines } = other(
      folder,
      `for (let index = 0; ; index++) {
        const { job: { id } } = await log.accept({ ...job, key: 'key:${times}:' + index });
        say(id);
        await log.start(id, 1);
      }`,
    );
    await once(child.stdout, 'data');
    await wait(150 + times * 40);
    child.kill('SIGKILL');
    await once(child, 'close');
    const log = await temporaryLog(folder);
    expect(lines().length).toBeGreaterThan(0);
    for (const id of lines()) expect(['queued', 'running']).toContain((await log.get(id))?.state);
    await log.close();
  }
  const database = new Database(join(folder, 'kiln.db'));
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  database.close();
});

test('of three processes that start on a new database, one accepts each event, and one starts each job', async () => {
  const folder = temporaryFolder();
  const racers = [1, 2, 3].map(() =>
    other(
      folder,
      `for (let index = 0; index < 40; index++) {
        const { job: { id }, fresh } = await log.accept({ ...job, key: 'key:' + index });
        if (fresh) say('fresh ' + id);
        if (await log.start(id, 1)) say('started ' + id);
      }
      await log.close();`,
    ),
  );
  const ends = await Promise.all(racers.map(({ child }) => once(child, 'close')));
  expect(ends.map(([code]) => code)).toEqual([0, 0, 0]);
  const lines = racers.flatMap((racer) => racer.lines());
  expect(lines).toHaveLength(80);
  expect(new Set(lines).size).toBe(80);
});

test('a thousand operations in a random order leave nothing undone and nothing half', async () => {
  const log = await temporaryLog();
  const random = createRandom(11);
  const ids = (await Promise.all(Array.from({ length: 20 }, () => log.accept(newJob())))).map(
    ({ job }) => job.id,
  );
  const wins = new Map<string, number>();
  const win = async (move: string, id: string, done: Promise<unknown>) => {
    if (await done) wins.set(`${move} ${id}`, (wins.get(`${move} ${id}`) ?? 0) + 1);
  };
  await Promise.all(
    Array.from({ length: 600 }, () => {
      const id = random.pick(ids);
      return random.pick([
        () => win('start', id, log.start(id, noon)),
        () => win('drew', id, log.drew(id, result())),
        () => win('delivered', id, log.delivered(id, { now: noon, post: 1 })),
        () => win('fail', id, log.fail(id, { code: 'internal', text: 'x', now: noon })),
      ])();
    }),
  );
  for (const id of ids) {
    const job = (await log.get(id))!;
    for (const move of ['start', 'drew', 'delivered', 'fail']) {
      expect(wins.get(`${move} ${id}`) ?? 0).toBeLessThanOrEqual(1);
    }
    expect(job.images.length).toBe(wins.has(`drew ${id}`) ? 1 : 0);
    const end = { delivered: 'delivered', failed: 'fail' }[job.state as string];
    if (end) expect(wins.has(`${end} ${id}`)).toBe(true);
  }
});

test('statistics of 20,000 jobs cost no more than a few hundred counts, and let others in between', async () => {
  const folder = temporaryFolder();
  const log = await temporaryLog(folder);
  const random = createRandom(12);
  const words = ['red', 'fox', 'snow', 'castle', 'river', 'night', 'copper', 'whale', 'train', 'garden'];
  fill(folder, 20_000, (index) => {
    const prompt = Array.from({ length: 12 }, () => random.pick(words)).join(' ');
    const person = random.below(300);
    const times = {
      waitTime: random.below(60_000),
      loadTime: 0,
      encodeTime: 20,
      denoiseTime: random.below(9000),
    };
    return {
      personKey: `discord:${person}`,
      channel: `channel-${random.below(40)}`,
      model: random.pick(['sprite', 'sd15', 'sdxl']),
      prompt,
      lowered: prompt,
      asked: noon + index,
      ...times,
      decodeTime: 90,
      postTime: random.below(900),
      cold: 0,
      mates: 1,
    };
  });
  const timed = async (work: () => Promise<unknown>) => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };
  await log.find({}, { skip: 0, take: 0 });
  // A filter that no index answers: the count reads every row, once.
  const counts: number[] = [];
  for (let times = 0; times < 5; times++) {
    counts.push(await timed(() => log.find({ search: 'zebra' }, { skip: 0, take: 0 })));
  }
  const count = percentiles(counts)!.p50;
  const range = { from: noon, to: noon + 86_400_000 };
  const once = async () => {
    let longest = 0;
    let last = performance.now();
    const ticker = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    const took = await timed(async () => {
      const stats = await log.stats(range);
      expect(stats.jobs).toBe(20_000);
      expect(stats.byPerson).toHaveLength(300);
      expect(stats.words).toHaveLength(10);
    });
    clearInterval(ticker);
    return { took, longest };
  };
  // Of three, as the count is of five: what it costs, and not what else the machine had to do.
  const runs = [await once(), await once(), await once()];
  const { took, longest } = runs.toSorted((one, other) => one.took - other.took)[0]!;
  console.log(
    `a count ${count.toFixed(1)} ms, statistics ${took.toFixed(0)} ms (${(took / count).toFixed(0)} counts), ` +
      `longest without a turn for others ${longest.toFixed(0)} ms (${(longest / count).toFixed(1)} counts)`,
  );
  expect(took / count).toBeLessThan(200);
  expect(longest / took).toBeLessThan(0.4);
});
