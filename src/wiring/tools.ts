import { serverOf } from '../../commands/drawing/serverOf.js';
import type { Clock } from '../clock.js';
import type { Tools } from '../command.js';
import type { Config } from '../config/config.js';
import type { Ends } from '../jobs/ends.js';
import type { Pictures } from '../jobs/pictures.js';
import type { Rooms } from '../jobs/rooms.js';
import type { Job, Log, RoomSettings } from '../log/log.js';
import type { Logger } from '../logger.js';
import type { Queue } from '../queue/queue.js';
import type { Adapter, Place, Platform } from '../request.js';
import type { Storage } from '../storage/storage.js';
import type { Admission } from './admission.js';
import type { Costs } from './costs.js';
import { redraw } from './redraw.js';
import { refuseForbidden } from './rules.js';
import { statsChart } from './statsChart.js';
import type { Studio } from './studio.js';

export interface ToolsOptions {
  readonly log: Log;
  readonly queue: Queue;
  readonly storage: Storage;
  readonly studio: Studio;
  readonly clock: Clock;
  readonly version: string;
  readonly logger: Logger;
  readonly limits: Config['limits'];
  readonly quality: Config['quality'];
  readonly adapters: ReadonlyMap<Platform, Adapter>;
  readonly costs: Costs;
  readonly pictures: Pictures;
  readonly rooms: Rooms;
  readonly ends: Ends;
  readonly admission: Admission;
  readonly sideModels: Tools['sideModels'];
  discard(keys: readonly string[]): Promise<void>;
  enqueue(job: Job): void;
}

/** What commands work with, made of the parts. */
export function createTools(options: ToolsOptions): Tools {
  const { log, queue, storage, studio, clock, version, adapters, costs, pictures, rooms, ends, discard } =
    options;

  async function hush(job: Job): Promise<void> {
    rooms.forget(job.id);
    // Drawn and on its way to be shown: nothing else ends it.
    await log.fail(job.id, { code: 'cancelled', text: 'Deleted before it was shown.', now: clock.now() });
  }

  return {
    ...{ log, queue, storage, clock, version, discard },
    models: studio.models,
    sideModels: options.sideModels,
    settings: (place) => settingsOf(place, options),
    checkPrompt: (prompt, { forbidden = [] }) => refuseForbidden(prompt, forbidden),
    cost: costs.of,
    statsChart: async (stats) => statsChart(stats),
    shown: pictures.shown,
    thumbnail: pictures.thumbnail,
    resample: pictures.resample,
    zoomOut: pictures.zoomOut,
    enqueue: options.enqueue,
    admit: options.admission.admit,
    mostEach: options.limits.quota,

    async cancel(job) {
      // The row first: work that notices the abort must find it cancelled.
      const ended = await ends.cancel(job);
      queue.cancel(job.id);
      return ended;
    },

    forget: async (person, { platform }) => adapters.get(platform)?.forget?.(person),

    hush,

    async remove(job) {
      await hush(job);
      // The message first: after a kill in between it has its row still, and its Delete works.
      await rooms.remove(job);
      await discard(await log.deleteJob(job.id));
    },

    redraw: (job, signal = new AbortController().signal) =>
      redraw(job, { drawOne: studio.draw, storage, version, signal }),

    createEmoji: async (place, name, png) => adapters.get(place.platform)?.createEmoji?.(place, name, png),

    async report(job, { person, place }) {
      const { reports } = await settingsOf(place, options);
      const adapter = adapters.get(place.platform);
      if (reports === undefined || !adapter?.post) return false;
      const picture = await pictures.shown(
        job,
        job.images.map(({ index }) => index),
      );
      const text = [
        { bold: 'Reported picture' },
        ` by ${person.name}, asked for by ${job.person.name}: `,
        job.options.prompt,
        ' · ',
        { code: job.id },
      ];
      const buttons = [[{ command: 'delete', job: job.id, label: 'Delete', style: 'danger' as const }]];
      const reply = { text, pictures: picture ? [picture] : [], buttons };
      const key = `report-${job.id}-${person.id}`;
      try {
        await adapter.post({ ...place, channel: reports, thread: undefined }, reply, key);
        return true;
      } catch (error) {
        // It is in the log and in the stats all the same, and the one who reports is told no more than that.
        options.logger.warn({ error, job: job.id }, 'a report could not be posted');
        return false;
      }
    },
  };
}

/** What holds in a place: the channel's word, then the server's, then the settings that Kiln was started with. */
export async function settingsOf(
  place: Place,
  { log, limits, quality }: Pick<ToolsOptions, 'log' | 'limits' | 'quality'>,
): Promise<RoomSettings> {
  const server = await log.settings(serverOf(place));
  const own = await log.settings(serverOf(place), place.channel);
  return {
    ...own,
    quality: own.quality ?? quality,
    // A server may ask for less than Kiln's own, and not for more.
    quota: least(own.quota, limits.quota),
    // A channel adds to what its server forbids.
    forbidden: [...new Set([limits.forbidden, server.forbidden ?? [], own.forbidden ?? []].flat())],
  };
}

function least(...limits: (number | undefined)[]): number | undefined {
  const set = limits.filter((limit) => limit !== undefined);
  return set.length === 0 ? undefined : Math.min(...set);
}
