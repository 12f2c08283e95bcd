import type { Clock } from '../../clock.js';
import type { Job, Log } from '../log.js';
import { moves } from '../moves.js';
import type { PrismaClient } from './connect.js';
import type { Prisma } from './generated/sqlite/client.js';
import type { Lane } from './lane.js';
import { jobOf, milliseconds } from './rows.js';

type States = Pick<
  Log,
  'get' | 'start' | 'requeue' | 'drew' | 'delivered' | 'fail' | 'cancel' | 'told' | 'retarget' | 'keepGiven'
>;
type Transaction = Prisma.TransactionClient;

/** The moves of a job: each one transaction, which finds the job where the move starts or changes nothing. */
export function createStates(client: PrismaClient, lane: Lane, clock: Clock): States {
  async function read(id: string, from: Transaction): Promise<Job | undefined> {
    const row = await from.job.findUnique({ where: { id }, include: { images: true } });
    return row ? jobOf(row) : undefined;
  }

  function move(
    name: keyof typeof moves,
    id: string,
    data: Prisma.JobUncheckedUpdateManyInput,
    more?: (transaction: Transaction) => Promise<unknown>,
  ): Promise<Job | undefined> {
    const { from, to } = moves[name];
    return lane(() =>
      client.$transaction(async (transaction) => {
        const { count } = await transaction.job.updateMany({
          where: { id, state: { in: [...from] } },
          data: { ...data, state: to },
        });
        if (count === 0) return undefined;
        await more?.(transaction);
        return read(id, transaction);
      }),
    );
  }

  return {
    get: (id) => lane(() => read(id, client)),
    start: (id, now) => move('start', id, { started: milliseconds(now) }),
    requeue: (id, { now, died }) =>
      move('requeue', id, {
        queued: milliseconds(now),
        started: null,
        attempt: { increment: 1 },
        deaths: { increment: died ? 1 : 0 },
      }),
    drew(id, { now, images, drawnWith, timings }) {
      const data = {
        drawn: milliseconds(now),
        waitTime: Math.round(timings.wait),
        loadTime: Math.round(timings.load),
        encodeTime: Math.round(timings.encode),
        denoiseTime: Math.round(timings.denoise),
        decodeTime: Math.round(timings.decode),
        drawnWidth: drawnWith.width,
        drawnHeight: drawnWith.height,
        drawnPixels: drawnWith.width * drawnWith.height,
        drawnSteps: drawnWith.steps,
        drawnGuidance: drawnWith.guidance,
        drawnRescale: drawnWith.guidanceRescale,
        drawnScheduler: drawnWith.scheduler,
        drawnStrength: drawnWith.strength,
        device: drawnWith.device,
        modelHash: drawnWith.modelHash,
        cold: drawnWith.cold,
        mates: drawnWith.mates,
        warnings: JSON.stringify(drawnWith.warnings),
      };
      const rows = images.map((image) => ({ ...image, job: id, seed: BigInt(image.seed) }));
      return move('drew', id, data, (transaction) => transaction.image.createMany({ data: rows }));
    },
    delivered: (id, { now, post }) =>
      move(
        'delivered',
        id,
        { delivered: milliseconds(now), ended: milliseconds(now), postTime: Math.round(post) },
        (transaction) =>
          transaction.delivery.create({ data: { job: id, what: 'pictures', at: milliseconds(now) } }),
      ),
    fail: (id, { code, text, now }) =>
      move('fail', id, { errorCode: code, errorText: text, ended: milliseconds(now) }),
    cancel: (id, now) => move('cancel', id, { ended: milliseconds(now) }),
    async told(id) {
      await lane(() =>
        client.$transaction(async (transaction) => {
          const { count } = await transaction.job.updateMany({
            where: { id, state: { in: [moves.fail.to, moves.cancel.to] }, told: false },
            data: { told: true },
          });
          if (count === 0) return;
          await transaction.delivery.create({
            data: { job: id, what: 'notice', at: milliseconds(clock.now()) },
          });
        }),
      );
    },
    async retarget(id, target) {
      await lane(() => client.job.updateMany({ where: { id }, data: { target: JSON.stringify(target) } }));
    },
    async keepGiven(id, which, key) {
      // What is in the storage need not be fetched again, and the address was somebody's.
      const data = {
        init: { initKey: key, initAttachment: null },
        mask: { maskKey: key, maskAttachment: null },
        controlImage: { controlKey: key, controlAttachment: null },
      }[which];
      await lane(() => client.job.updateMany({ where: { id }, data }));
    },
  };
}
