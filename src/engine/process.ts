/**
 * The engine's side of the process border, forked by fork.ts with its parent's process id as the argument: loads the
 * pipeline, draws what it is told to, several pictures at a time, and dies with its parent.
 */
import { writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { setImmediate as turn } from 'node:timers/promises';
import { UserError } from '../errors.js';
import type { Progress } from '../job.js';
import type { OpenPipeline, Pipeline, RunMarks } from './drawing.js';
import { privateMemory } from './memory.js';
import { type FromEngine, type Opening, protocol, type ToEngine, toWire } from './messages.js';
import { startWatchdog } from './watchdog.js';

/** At most this often a draw's progress is told: people see no more, and the parent's event loop stays free. */
const progressMilliseconds = 100;
const nice = 10;
/** Loading reads and converts gigabytes: this many times the seconds of a run, counted anew from each run within. */
const loadPatience = 10;
const ownPipeline = new URL('./pipeline.js', import.meta.url).href;
/** In place of one that was told what to open. */
const ahead = process.argv[3] === 'ahead';

// First, so that the watcher thread keeps the normal priority that lowerPriority takes from the main thread.
const watchdog = startWatchdog(Number(process.argv[2]));
lowerPriority();

// Ctrl-C and service managers signal the whole process group; the parent decides when the engine ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToEngine) => void receive(message));

let pipeline: Pipeline | undefined;
/** What comes now is not taken up, so that another process does. */
let lost = false;
const draws = new Map<number, AbortController>();
const leaving = new Set<Promise<void>>();

send({ type: 'hello', protocol });
// What keeps it from loading is told when a model is to be opened.
if (ahead) import(ownPipeline).catch(() => {});

async function receive(message: ToEngine): Promise<void> {
  if (lost) return;
  switch (message.type) {
    case 'open':
      return answer(message.id, async () => {
        pipeline = await load(message.opening);
        return { type: 'opened', id: message.id, facts: pipeline.facts, memory: privateMemory() };
      });
    case 'warm':
      return answer(message.id, async () => {
        const pipeline = opened();
        await pipeline.warm?.(message.sizes);
        return { type: 'warmed', id: message.id, facts: pipeline.facts, memory: privateMemory() };
      });
    case 'draw':
      return answer(message.id, () => draw(message));
    case 'cancel':
      draws.get(message.id)?.abort();
      return;
    case 'close':
      // With it goes all that the sessions hold; freeing gigabytes first would only take longer.
      process.exit(0);
  }
}

async function load({ pipeline: url = ownPipeline, hangSeconds, ...options }: Opening): Promise<Pipeline> {
  const onRun: RunMarks = { ready, ...watchdog.marks(hangSeconds) };
  onRun.began(loadPatience);
  try {
    const { openPipeline } = (await import(url)) as { openPipeline: OpenPipeline };
    return await openPipeline({ ...options, onRun });
  } finally {
    onRun.ended();
  }
}

async function draw({ id, request, preview }: ToEngine & { type: 'draw' }): Promise<FromEngine> {
  const controller = new AbortController();
  draws.set(id, controller);
  send({ type: 'began', id });
  let told = Number.NEGATIVE_INFINITY;
  let shown = Number.NEGATIVE_INFINITY;
  const onProgress = (now: Progress) => {
    const first = told === Number.NEGATIVE_INFINITY;
    // Previews come seldom where they cost something, so that a bare step before one must not keep it away.
    const since = performance.now() - (now.preview ? shown : told);
    if (!first && now.step < now.steps && since < progressMilliseconds) return;
    told = performance.now();
    if (now.preview) shown = told;
    send({ type: 'progress', id, progress: now });
  };
  try {
    const picture = await opened().draw(request, { signal: controller.signal, preview, onProgress });
    return { type: 'drawn', id, picture, memory: privateMemory() };
  } finally {
    draws.delete(id);
  }
}

/** Sends what the work gives, or why it gives nothing. */
async function answer(id: number, work: () => Promise<FromEngine>): Promise<void> {
  try {
    send(await work());
  } catch (error) {
    send({ type: 'failed', id, error: toWire(error), memory: privateMemory() });
    // A GPU that failed stays failed for this process: whoever watches it starts another.
    if (error instanceof UserError && error.code === 'engine-died') {
      lost = true;
      await ready();
      process.exit(1);
    }
  }
}

function opened(): Pipeline {
  if (!pipeline) throw new Error('Cannot draw: no model is open, want an open message first');
  return pipeline;
}

function send(message: FromEngine): void {
  let left = () => {};
  const sent = new Promise<void>((resolve) => {
    left = resolve;
  });
  // Called with an error when the parent is gone; 'disconnect' then ends the process.
  process.send?.(message, undefined, undefined, () => {
    leaving.delete(sent);
    left();
  });
  leaving.add(sent);
}

async function ready(): Promise<void> {
  await turn();
  await Promise.all(leaving);
}

/** The rest of the machine goes first, and the system that runs out of memory takes the engine, not the bot. */
function lowerPriority(): void {
  const attempts = [
    () => setPriority(nice),
    () => process.platform === 'linux' && writeFileSync('/proc/self/oom_score_adj', '500'),
  ];
  for (const attempt of attempts) {
    try {
      attempt();
    } catch {
      // A sandbox may forbid it; the engine draws as well without.
    }
  }
}
