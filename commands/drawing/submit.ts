import { randomInt } from 'node:crypto';
import type { Tools } from '../../src/command.js';
import { UserError } from '../../src/errors.js';
import type { GivenPictures, Job, JobKind, JobOptions, NewJob, RoomSettings } from '../../src/log/log.js';
import type { Request, Responder } from '../../src/request.js';
import { minutes } from '../../src/saying.js';

/** A drawing that may be made, less its seed. */
export interface Drawing extends GivenPictures {
  readonly kind: JobKind;
  readonly options: Omit<JobOptions, 'seed'>;
  /** At random when left out. */
  readonly seed?: number;
  readonly parent?: NewJob['parent'];
}

const day = 24 * 60 * 60 * 1000;
const maxSeed = 2 ** 32 - 1;

/**
 * Row, then acknowledgement, then line: what is acknowledged is never lost, and what was asked twice is drawn once.
 *
 * @throws UserError `quota`, `line-full`, `bad-option`; nothing has been kept then
 */
export async function submit(
  request: Omit<Request, 'options'>,
  drawing: Drawing,
  settings: RoomSettings,
  tools: Tools,
  responder: Responder,
): Promise<void> {
  const { log, queue, clock } = tools;
  const { person, place } = request;
  const { count } = drawing.options;
  const { variation } = drawing.options;
  // Variations are all of one seed.
  const options = { ...drawing.options, seed: firstSeed(drawing.seed, variation ? 1 : count) };
  if (variation) firstSeed(variation.seed, count);
  const job = await tools.admit(person.key, async (onTheWay) => {
    await withinQuota(request, count, settings, tools);
    queue.admit(person.key, 1 + onTheWay);
    inTime(request, options, tools);
    const accepted = await log.accept({
      key: request.key,
      person: { key: person.key, id: person.id, name: person.name },
      place,
      target: request.target,
      kind: drawing.kind,
      parent: drawing.parent,
      options,
      init: drawing.init,
      mask: drawing.mask,
      controlImage: drawing.controlImage,
      urgency: isUrgent(request) ? 'high' : 'normal',
      asked: clock.now(),
    });
    return accepted.fresh ? accepted.job : undefined;
  });
  // The same event once more: its job has its own way.
  if (!job) return;
  let { target } = job;
  try {
    target = await responder.acknowledge({ private: false });
    await log.retarget(job.id, target);
  } finally {
    // Accepted is accepted, whether or not anybody could be told so.
    tools.enqueue({ ...job, target } satisfies Job);
  }
}

/**
 * Admins of a server that Kiln is in go first. Whoever runs the playground is admin there and waits like everybody; and
 * a server of one's own, that Kiln is no member of, makes nobody urgent.
 */
function isUrgent({ person, place }: Pick<Request, 'person' | 'place'>): boolean {
  return person.admin && place.member && place.platform !== 'playground';
}

/** @throws UserError `bad-option` when the last would be none */
function firstSeed(seed: number | undefined, count: number): number {
  const first = seed ?? randomInt(maxSeed - count + 2);
  if (first + count - 1 <= maxSeed) return first;
  throw new UserError(
    'bad-option',
    `Cannot draw ${count} pictures from seed ${first}: the last would be ${first + count - 1}, want at most ${maxSeed}`,
  );
}

async function withinQuota(
  { person }: Pick<Request, 'person'>,
  count: number,
  { quota }: RoomSettings,
  { log, clock, mostEach }: Pick<Tools, 'log' | 'clock' | 'mostEach'>,
): Promise<void> {
  // A room's own quota is not for its admins; what Kiln was started with is for all.
  const most = person.admin ? mostEach : quota;
  if (most === undefined) return;
  const used = await log.used(person.key, clock.now() - day);
  if (used + count <= most) return;
  throw new UserError(
    'quota',
    `Cannot draw ${count === 1 ? 'this' : `${count} pictures`}: you have asked for ${used} in 24 hours, want at most ${most}`,
  );
}

/** An answer that cannot be shown any more when it is ready is not promised. */
function inTime(
  { patience, person }: Pick<Request, 'patience' | 'person'>,
  options: JobOptions,
  { queue, cost }: Pick<Tools, 'queue' | 'cost'>,
): void {
  if (patience === undefined) return;
  const wait = queue.outlook(person.key).eta + cost(options);
  if (wait <= patience) return;
  throw new UserError(
    'line-full',
    `Cannot promise this here: it would take ${minutes(wait)}, want under ${Math.round(patience / 60_000)} min where Kiln is no member; ask in a server that it is in`,
  );
}
