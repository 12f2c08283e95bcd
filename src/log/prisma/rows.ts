import { readExtras, writeExtras } from '../extras.js';
import type { Given, Job, JobImage, JobOptions, JobTimings, NewJob } from '../log.js';
import { lowered } from '../lowered.js';
import type { Prisma } from './generated/sqlite/client.js';

/** A job as the database has it, with its pictures. */
export type JobRow = Prisma.JobGetPayload<{ include: { images: true } }>;
type ImageRow = JobRow['images'][number];
type NewRow = Prisma.JobUncheckedCreateInput;

/** The row of a job just accepted. */
export function rowOf(id: string, job: NewJob, now: number): NewRow {
  const { person, place, options, init, mask, controlImage } = job;
  return {
    id,
    key: job.key,
    state: 'queued',
    urgency: job.urgency,
    kind: job.kind,
    personKey: person.key,
    personId: person.id,
    personName: person.name,
    platform: place.platform,
    server: place.server,
    channel: place.channel,
    thread: place.thread,
    direct: place.direct,
    ageRestricted: place.ageRestricted,
    member: place.member,
    target: JSON.stringify(job.target),
    parentJob: job.parent?.job,
    parentIndex: job.parent?.index,
    prompt: wellFormed(options.prompt),
    negative: options.negative === undefined ? undefined : wellFormed(options.negative),
    lowered: lowered(wellFormed(options.prompt)),
    width: options.width,
    height: options.height,
    steps: options.steps,
    guidance: options.guidance,
    seed: BigInt(options.seed),
    count: options.count,
    scheduler: options.scheduler,
    model: options.model,
    style: options.style,
    strength: options.strength,
    extras: writeExtras(options),
    initAttachment: init?.attachment && JSON.stringify(init.attachment),
    initKey: init?.key,
    maskAttachment: mask?.attachment && JSON.stringify(mask.attachment),
    maskKey: mask?.key,
    controlAttachment: controlImage?.attachment && JSON.stringify(controlImage.attachment),
    controlKey: controlImage?.key,
    asked: milliseconds(job.asked),
    queued: milliseconds(now),
  };
}

/** Text without halves of characters, which no database has a way to write. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

/** A time as the database has it: whole, though Slack's has microseconds. */
export function milliseconds(time: number): bigint {
  return BigInt(Math.round(time));
}

/** The job that a row is. */
export function jobOf(row: JobRow): Job {
  return {
    id: row.id,
    key: row.key,
    state: row.state as Job['state'],
    attempt: row.attempt,
    deaths: row.deaths,
    urgency: row.urgency as Job['urgency'],
    kind: row.kind as Job['kind'],
    person: { key: row.personKey, id: row.personId, name: row.personName },
    place: {
      platform: row.platform as Job['place']['platform'],
      server: row.server ?? undefined,
      channel: row.channel,
      thread: row.thread ?? undefined,
      direct: row.direct,
      ageRestricted: row.ageRestricted,
      member: row.member,
    },
    target: JSON.parse(row.target),
    parent: row.parentJob === null ? undefined : { job: row.parentJob, index: row.parentIndex! },
    options: optionsOf(row),
    init: givenOf(row.initAttachment, row.initKey),
    mask: givenOf(row.maskAttachment, row.maskKey),
    controlImage: givenOf(row.controlAttachment, row.controlKey),
    asked: Number(row.asked),
    queued: Number(row.queued),
    started: time(row.started),
    drawn: time(row.drawn),
    delivered: time(row.delivered),
    told: row.told,
    timings: timingsOf(row),
    images: [...row.images].sort((one, other) => one.index - other.index).map(imageOf),
    drawnWith: drawnWithOf(row),
    errorCode: row.errorCode ?? undefined,
    errorText: row.errorText ?? undefined,
  };
}

function optionsOf(row: JobRow): JobOptions {
  return {
    prompt: row.prompt,
    negative: row.negative ?? undefined,
    width: row.width ?? undefined,
    height: row.height ?? undefined,
    steps: row.steps ?? undefined,
    guidance: row.guidance ?? undefined,
    seed: Number(row.seed),
    count: row.count,
    scheduler: row.scheduler ?? undefined,
    model: row.model,
    style: row.style ?? undefined,
    strength: row.strength ?? undefined,
    ...readExtras(row.extras),
  };
}

function givenOf(attachment: string | null, key: string | null): Given | undefined {
  if (attachment === null && key === null) return undefined;
  return {
    attachment: attachment === null ? undefined : JSON.parse(attachment),
    key: key ?? undefined,
  };
}

function timingsOf(row: JobRow): Partial<JobTimings> {
  return {
    wait: row.waitTime ?? undefined,
    load: row.loadTime ?? undefined,
    encode: row.encodeTime ?? undefined,
    denoise: row.denoiseTime ?? undefined,
    decode: row.decodeTime ?? undefined,
    post: row.postTime ?? undefined,
  };
}

function imageOf(row: ImageRow): JobImage {
  const { index, bytes, width, height, pixels } = row;
  return {
    index,
    seed: Number(row.seed),
    key: row.key ?? undefined,
    bytes,
    width,
    height,
    verdict: row.verdict as JobImage['verdict'],
    pixels,
  };
}

function drawnWithOf(row: JobRow): Job['drawnWith'] {
  if (row.modelHash === null) return undefined;
  return {
    width: row.drawnWidth!,
    height: row.drawnHeight!,
    steps: row.drawnSteps!,
    guidance: row.drawnGuidance!,
    guidanceRescale: row.drawnRescale ?? undefined,
    scheduler: row.drawnScheduler!,
    strength: row.drawnStrength ?? undefined,
    device: row.device!,
    modelHash: row.modelHash,
    cold: row.cold!,
    mates: row.mates!,
    warnings: JSON.parse(row.warnings!),
  };
}

function time(at: bigint | null): number | undefined {
  return at === null ? undefined : Number(at);
}
