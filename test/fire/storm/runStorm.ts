import { existsSync, readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../random.js';
import { type Kill, planKills } from './killPlan.js';
import { childrenOf, isAlive, type KilnProcess, startKilnProcess } from './kilnProcess.js';
import { createLedger, type Row } from './ledger.js';
import { createPeople } from './people.js';
import { startTown } from './town.js';
import { verdictOf } from './verdict.js';

export interface StormOptions {
  readonly seed: number;
  /** Rows at the least. */
  readonly jobs: number;
  readonly kills: number;
  readonly folder: string;
}

export interface StormReport extends StormOptions {
  readonly rows: readonly Row[];
  /** What each kill met: how it was aimed, and how many jobs were in which state. */
  readonly deaths: readonly {
    readonly kill: Kill;
    readonly states: Readonly<Record<string, number>>;
    /** Milliseconds until the next one was up, with all of them in its line again. */
    recovered?: number;
  }[];
  readonly faults: readonly string[];
  readonly seconds: number;
  readonly moves: number;
}

/** Minutes of everybody's that pass in one: so queues outlive interaction tokens. */
const factor = 20;
const standIn = new URL('../../fixtures/room-stand-in.mjs', import.meta.url).href;
/** Real milliseconds. An aimed kill that does not come by then is one at any moment. */
const aimedPatience = 6000;
const startPatience = 90_000;
const idlePatience = 90_000;
/** The engine may outlive Kiln by two seconds; the machine may be busy. */
const engineOutlives = 2000 + 1500;

/**
 * People ask, Kiln is killed again and again, and in the end everything must have come right.
 *
 * @example const { faults } = await runStorm({ seed: 7, jobs: 20, kills: 4, folder });
 */
export async function runStorm(options: StormOptions): Promise<StormReport> {
  const { seed, jobs, kills, folder } = options;
  const began = performance.now();
  const town = await startTown(factor);
  const ledger = createLedger(folder);
  let address: string | undefined;
  const people = createPeople(town, createRandom(seed), () => address);
  const faults: string[] = [];
  const orphans: Promise<void>[] = [];
  const deaths: { kill: Kill; states: Readonly<Record<string, number>>; recovered?: number }[] = [];
  let watched = false;

  const born = async (kill?: Kill): Promise<KilnProcess> => {
    const kiln = startKilnProcess({
      env: { ...town.env, KILN_DATA: folder, KILN_WAITING_EACH: '10000', KILN_SLOTS: '4' },
      clock: town.clock,
      aim: kill?.aim,
      pipeline: kill?.real ? undefined : standIn,
    });
    const startedAt = performance.now();
    void kiln.up.then((at) => {
      address = at;
      if (!at) return;
      const last = deaths.at(-1);
      if (last) last.recovered ??= performance.now() - startedAt;
      if (!watched) ledger.watch();
      watched = true;
    });
    void kiln.ended.then(() => {
      address = undefined;
    });
    return kiln;
  };

  /** They act as long as it lives, and a little while it does not. */
  async function live(kiln: KilnProcess, kill: Kill): Promise<void> {
    const engines = new Set<number>();
    const acts = Math.ceil((jobs / kills) * 1.15);
    let done = 0;
    const acting = setInterval(() => {
      for (const pid of childrenOf(kiln.pid)) engines.add(pid);
      if (watched && done++ < acts) people.act();
    }, 60);
    try {
      await waitFor(kiln, kill);
    } finally {
      for (const pid of childrenOf(kiln.pid)) engines.add(pid);
      await kiln.kill();
      clearInterval(acting);
    }
    while (watched && done++ < acts) people.act();
    orphans.push(
      sleep(engineOutlives).then(() => {
        for (const pid of engines) if (isAlive(pid)) faults.push(`orphan: engine ${pid} outlived Kiln`);
      }),
    );
  }

  async function waitFor(kiln: KilnProcess, kill: Kill): Promise<void> {
    if (kill.afterStart !== undefined) return void (await Promise.race([sleep(kill.afterStart), kiln.ended]));
    if (!(await Promise.race([kiln.up, sleep(startPatience, 'late')]))) {
      if (!kill.aim) faults.push(`start: Kiln ended by itself: ${kiln.said.slice(-500)}`);
      return;
    }
    const patience = sleep(aimedPatience);
    if (kill.afterUp !== undefined) await Promise.race([sleep(kill.afterUp), kiln.ended]);
    else await Promise.race([kiln.ended, patience, kill.request ? requested(kill) : new Promise(() => {})]);
  }

  async function requested({ request, count = 1 }: Kill): Promise<void> {
    const { discord, slack } = town;
    const tests = {
      answer: () => discord.posts.filter(({ path }) => path.endsWith('/callback')).length,
      post: () =>
        discord.posts.filter(({ method, path }) => method === 'POST' && path.startsWith('/channels')).length +
        slack.calls.filter(({ method }) => method === 'chat.postMessage').length,
      upload: () =>
        discord.posts.filter(({ files }) => files.length > 0).length +
        slack.calls.filter(({ method }) => method.startsWith('files.')).length,
    };
    const test = tests[request!];
    const wanted = test() + count;
    while (test() < wanted) await sleep(2);
  }

  async function idle(kiln: KilnProcess): Promise<void> {
    let [left, since] = [Number.POSITIVE_INFINITY, performance.now()];
    while (left > 0 && performance.now() - since < idlePatience && !kiln.over) {
      await sleep(200);
      const now = ledger.unfinished();
      if (now !== left) [left, since] = [now, performance.now()];
    }
    if (left > 0)
      faults.push(
        `stuck: ${left} jobs do not end${kiln.over ? `; Kiln ended: ${kiln.said.slice(-500)}` : ''}`,
      );
  }

  try {
    for (const kill of planKills(kills, createRandom(seed + 1))) {
      await live(await born(kill), kill);
      deaths.push({ kill, states: ledger.autopsy() });
    }
    const last = await born();
    if (!(await last.up)) throw new Error(`Kiln does not start any more: ${last.said.slice(-2000)}`);
    while (ledger.count() < jobs && !last.over) {
      people.act();
      await sleep(60);
    }
    town.discord.calm();
    town.slack.calm();
    await people.settled();
    await idle(last);
    if ((await last.stop()) !== 0)
      faults.push(`stop: Kiln did not end with status 0: ${last.said.slice(-500)}`);
    // An hour later: whatever the dead have left is swept up by the next start.
    for (const part of ['pictures', 'playground']) age(join(folder, part));
    const sweeper = await born();
    await sweeper.up;
    await idle(sweeper);
    await sleep(1500);
    await sweeper.stop();
    await Promise.all(orphans);
    for (const each of people.late) faults.push(`late: ${each}`);
    faults.push(...verdictOf({ town, ledger, asked: people.asked, folder }));
    faults.push(...town.discord.breaches.map((breach) => `Discord: ${breach}`));
    faults.push(...town.slack.breaches.map(({ rule, detail }) => `Slack: ${rule}: ${detail}`));
    return {
      ...options,
      rows: ledger.rows(),
      deaths,
      faults,
      seconds: (performance.now() - began) / 1000,
      moves: ledger.moves().length,
    };
  } finally {
    await town.close();
  }
}

function age(folder: string): void {
  const then = new Date(Date.now() - 2 * 3600_000);
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) utimesSync(join(entry.parentPath, entry.name), then, then);
  }
}
