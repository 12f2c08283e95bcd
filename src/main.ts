/** Wires every part, starts and stops them: the only file that knows all. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { commands } from '../commands/index.js';
import { version } from './cli/packageFolder.js';
import { type Clock, sleep, systemClock } from './clock.js';
import type { Config } from './config/config.js';
import { createDispatch } from './dispatch.js';
import { UserError } from './errors.js';
import { createAnnouncer } from './jobs/announcer.js';
import { createEnds } from './jobs/ends.js';
import { createPictures } from './jobs/pictures.js';
import { recover } from './jobs/recover.js';
import { stoppedReply } from './jobs/replies.js';
import { createRooms } from './jobs/rooms.js';
import { createWork } from './jobs/work.js';
import type { Job } from './log/log.js';
import { lockFolder } from './log/prisma/lock.js';
import { openPrismaLog } from './log/prisma/open.js';
import { createLogger, type Logger } from './logger.js';
import { createMetrics } from './metrics/metrics.js';
import { createEmbeddedQueue } from './queue/embedded.js';
import type { Queue } from './queue/queue.js';
import type { Adapter, Handle, Platform } from './request.js';
import { createDiskStorage } from './storage/disk.js';
import { createAdmission } from './wiring/admission.js';
import { connectAdapters } from './wiring/connectAdapters.js';
import { createCosts } from './wiring/costs.js';
import { keepHouse } from './wiring/housekeeping.js';
import { createSideNames } from './wiring/sideNames.js';
import { openStudio } from './wiring/studio.js';
import { createSuggest } from './wiring/suggest.js';
import { createTools, settingsOf } from './wiring/tools.js';

/** A running Kiln. */
export interface Kiln {
  /** What it serves, the playground first. */
  readonly addresses: readonly string[];
  /** Takes no more, finishes what is drawn or puts it back, says so in the rooms, and ends within ten seconds. */
  stop(): Promise<void>;
}

/** What tests replace. */
export interface Replacements {
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** The module that draws in the engine's process. */
  readonly pipeline?: string;
}

/** Of the ten seconds that stopping may take: what is drawn may end, then what is said may be sent. */
const drawingMayEnd = 5000;
const wordsMayLeave = 1500;
const stoppedAtMost = 50;

/**
 * Starts Kiln: the log, the engine, the line, and every platform that has a token. The playground is always on.
 *
 * @throws UserError for settings, a folder in use, a log or a model that cannot be opened
 * @example const kiln = await startKiln(loadConfig()); console.log(kiln.addresses[0]);
 */
export async function startKiln(config: Config, replacements: Replacements = {}): Promise<Kiln> {
  const { clock = systemClock, logger = createLogger(config.logLevel), pipeline } = replacements;
  await mkdir(config.dataFolder, { recursive: true, mode: 0o700 }).catch((cause) => {
    throw new UserError(
      'bad-output',
      `Cannot use ${config.dataFolder} as KILN_DATA: the system says ${cause.code}`,
      { cause },
    );
  });
  const lock = lockFolder(config.dataFolder);
  const stopping = new AbortController();
  try {
    const log = await openPrismaLog({ url: config.databaseUrl, clock });
    const storage = createDiskStorage(join(config.dataFolder, 'pictures'));
    const metrics = createMetrics({
      waiting: () => queue.waiting,
      running: () => queue.running,
      warm: () => studio.models.list().flatMap(({ name, warm }) => (warm ? [name] : [])),
    });
    const studio = await openStudio({
      ...{ config, logger, clock, pipeline },
      onEngineEvent: (_, event) => metrics.engineEvents.inc({ event }),
    });
    const adapters = new Map<Platform, Adapter>();
    const pictures = createPictures(storage, version());
    const rooms = createRooms({ adapters, log, clock, logger });
    const ends = createEnds({
      ...{ log, rooms, pictures, clock, logger, stopping: stopping.signal },
      onEnd(job) {
        metrics.jobs.inc({ platform: job.place.platform, model: job.options.model, state: job.state });
        if (job.state === 'failed') metrics.failures.inc({ code: job.errorCode ?? 'internal' });
        if (job.timings.post !== undefined) {
          metrics.postSeconds.observe({ platform: job.place.platform }, job.timings.post / 1000);
        }
      },
    });
    const discard = async (keys: readonly string[]) => {
      // Another job may have made the very same picture meanwhile.
      for (const key of await log.unnamed(keys)) await storage.remove(key);
    };
    const admission = createAdmission();
    const costs = createCosts(log, studio.models.get);
    const announcer = createAnnouncer({ queue: () => queue, rooms, clock });
    const enqueue = (job: Job, { alone = false } = {}) => {
      queue.add({
        ...{ id: job.id, person: job.person.key, urgency: job.urgency, cost: costs.of(job.options), alone },
        model: job.options.model,
        // Its row is there: it was let in when it was accepted.
        again: true,
      });
      admission.placed(job.id);
      announcer.follow(job);
    };
    const queue: Queue = createEmbeddedQueue({
      slots: studio.slots,
      runningEach: config.limits.runningEach,
      waitingEach: config.limits.waitingEach,
      waitingMost: config.limits.waiting,
      clock,
      loading: studio.loading,
      onMove: () => announcer.moved(),
      work: createWork({
        ...{ log, storage, adapters, clock, logger, pictures, rooms, ends, stopping: stopping.signal },
        drawOne: studio.draw,
        settings: (place) => settingsOf(place, { log, limits: config.limits, quality: config.quality }),
        model: studio.models.get,
        modelHash: studio.hash,
        enqueue,
        discard,
        onDrawn(job, milliseconds) {
          costs.learn(job, milliseconds);
          metrics.drawSeconds.observe({ model: job.options.model }, milliseconds / 1000);
          metrics.waitSeconds.observe((job.timings.wait ?? 0) / 1000);
        },
      }),
    });
    const sideModels = createSideNames({ folders: config.modelFolders, clock });
    const tools = createTools({
      ...{ logger, sideModels },
      ...{
        log,
        queue,
        storage,
        studio,
        clock,
        adapters,
        costs,
        pictures,
        rooms,
        ends,
        admission,
        discard,
        enqueue,
      },
      version: version(),
      limits: config.limits,
      quality: config.quality,
    });
    const dispatch = createDispatch({
      ...{ commands, tools, logger },
      onDone: ({ command, place }, outcome) =>
        metrics.requests.inc({ command, platform: place.platform, outcome }),
    });
    let refusing = false;
    const handle: Handle = async (request, responder) => {
      if (!refusing) return dispatch(request, responder);
      // Delivered again: it has its message, which this would take the place of.
      if (await log.known(request.key).catch(() => false)) return;
      const text = 'Kiln is restarting; ask again in a minute.';
      await responder.show({ text: [text], private: true }).catch(() => {});
    };
    const left = await log.unfinished();
    const connected = await connectAdapters({
      ...{ config, logger, clock, log, handle, metrics, studio, adapters },
      commands,
      suggest: createSuggest({ log, models: studio.models, sideModels }),
      stopping: stopping.signal,
    });
    const stopHousekeeping = keepHouse({
      ...{ log, queue, storage, clock, logger, discard },
      keepDays: config.limits.keepDays,
      purgeRooms(before) {
        for (const adapter of adapters.values()) adapter.purge?.(before);
      },
    });
    await recover({
      ...{ log, left, ends, clock, logger, enqueue },
    });

    const stop = async () => {
      refusing = true;
      stopHousekeeping();
      announcer.stop();
      const drained = queue.drain();
      // Real seconds: a service manager's patience is not the clock's.
      await Promise.race([drained, sleep(systemClock, drawingMayEnd)]);
      const waiting = queue
        .list()
        .filter(({ running }) => !running)
        .slice(0, stoppedAtMost);
      stopping.abort(new UserError('stopping', 'Kiln is stopping'));
      const told = waiting.map(async ({ entry }) => {
        const job = await log.get(entry.id);
        if (job) await rooms.pause(job, stoppedReply(job));
      });
      await Promise.race([Promise.all([drained, ends.idle(), ...told]), sleep(systemClock, wordsMayLeave)]);
      await Promise.race([connected.stop(), sleep(systemClock, wordsMayLeave)]);
      await studio.close();
      await log.close();
      lock.release();
    };
    return { addresses: connected.addresses, stop };
  } catch (error) {
    lock.release();
    throw error;
  }
}
