import { encodePng } from '../../src/image/encode.js';
import type { DrawRequest } from '../../src/job.js';
import type { DrawOne } from '../../src/jobs/draw.js';
import type { Job } from '../../src/log/log.js';
import { grey, type Kit, type KitOptions, openKit } from '../fixtures/kit.js';

const one = (width: number, height: number, value: number) =>
  encodePng({ width, height, data: new Uint8Array(width * height * 3).fill(value) });
const files = {
  'x:photo': await one(64, 48, 100),
  'x:mask': await one(64, 48, 255),
  'x:edges': await one(32, 32, 7),
};
export const attached = (name: keyof typeof files) => ({ url: name, name: `${name.slice(2)}.png` });
const sideModels = { loras: ['ink', 'Wash v2', 'gore'], controlnets: ['canny', 'depth'] };
export const models: NonNullable<KitOptions['models']> = [
  {},
  { name: 'repaint', tasks: ['mask'] },
  { name: 'change', tasks: ['instruct'] },
  { name: 'x4', tasks: ['upscale'], scale: 4, width: 512, height: 512, steps: 1, guidance: 0 },
  {
    ...{ name: 'x2', tasks: ['upscale'], scale: 2, resizes: true },
    ...{ width: 512, height: 512, steps: 1, guidance: 0 },
  },
  { name: 'refiner', tasks: ['picture'] },
];

/** A kit with side models, whose requests to the engine are kept. */
export async function kitOf(options: KitOptions = {}): Promise<Kit & { requests: DrawRequest[] }> {
  const requests: DrawRequest[] = [];
  const drawOne: DrawOne = async (model, request, hooks) => {
    requests.push(request);
    return grey(model, request, hooks);
  };
  return { ...(await openKit({ drawOne, sideModels, files, models, ...options })), requests };
}

/** The job that was asked for last, once it has ended. */
export async function newest(kit: Kit): Promise<Job> {
  return kit.ended((await kit.log.find({}, { skip: 0, take: 1 })).jobs[0]!.id);
}

/** What a request has besides a prompt and its seed. */
export function special({ control, ...request }: DrawRequest): unknown {
  const seen = (picture: DrawRequest['init']) => picture && `${picture.width}×${picture.height}`;
  return JSON.parse(
    JSON.stringify({
      ...{ ...request, init: seen(request.init), mask: seen(request.mask) },
      control: control && { ...control, image: seen(control.image) },
    }),
  );
}
