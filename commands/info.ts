import { defineCommand } from '../src/command.js';
import type { Job, JobOptions } from '../src/log/log.js';
import { promptLoras } from '../src/promptLoras.js';
import type { Text } from '../src/request.js';
import { findJob } from './drawing/findJob.js';
import { pressed } from './drawing/jobOptions.js';

/** Everything that made a picture, for the one who asks. */
export const info = defineCommand({
  name: 'info',
  about: 'Show the settings that made a picture',
  options: pressed,
  who: 'everyone',
  ways: ['pressed'],

  async run(request, tools, responder) {
    const job = await findJob(request.options.job, request, tools);
    await responder.show({ text: describe(job), private: true });
  },
});

/** A job's settings, one a line. */
export function describe(job: Job): Text {
  const { options, drawnWith, timings, images } = job;
  const { control, hires, variation } = options;
  const first = images[0];
  const loras = promptLoras(options.prompt);
  const lastMixed = variation && variation.seed + options.count - 1;
  const rows: [string, string | number | undefined][] = [
    ['Prompt', options.prompt || '(none)'],
    ['Without', options.negative],
    ['Style', options.style],
    ['LoRAs', loras.map(({ name, weights }) => [name, ...weights].join(' ')).join(', ')],
    ['Seed', spanned(images[0]?.seed ?? options.seed, images.at(-1)?.seed)],
    ['Variation', variation && `${variation.strength} of seed ${spanned(variation.seed, lastMixed)}`],
    ['Starts from', job.init && (job.mask ? 'a picture, where its mask is white' : 'a picture')],
    ['Size', first && `${first.width}×${first.height}`],
    ['Steps', drawnWith?.steps ?? options.steps],
    ['Guidance', drawnWith?.guidance ?? options.guidance],
    ['Scheduler', drawnWith?.scheduler ?? options.scheduler],
    ['Strength', drawnWith?.strength ?? options.strength],
    ['ControlNet', control && controlText(control)],
    ['Hires fix', hires && [`×${hires.scale}`, hires.strength].filter(Boolean).join(', strength ')],
    ['Quality', options.quality],
    ['CLIP skip', options.clipSkip],
    ['Picture guidance', options.imageGuidance],
    ['Noise level', options.noiseLevel],
    ['Refiner', options.refiner?.name],
    ['Model', options.model],
    ['Device', drawnWith?.device],
    ['Waited', seconds(timings.wait)],
    ['Drawn in', drawnWith && seconds(sum(timings.load, timings.encode, timings.denoise, timings.decode))],
    ['From', job.parent && `picture ${job.parent.index} of ${job.parent.job}`],
    ['State', job.state],
    ['Job', job.id],
  ];
  return rows
    .filter(([, value]) => value !== undefined && value !== '')
    .flatMap(([name, value], index) => [index === 0 ? '' : '\n', { bold: name }, `: ${value}`]);
}

/** @example controlText({ name: 'lines', scale: 0.8, detect: 'canny' }) // 'lines at 0.8, canny found first' */
function controlText({ name, scale, detect }: NonNullable<JobOptions['control']>): string {
  const strong = scale === undefined ? name : `${name} at ${scale}`;
  return detect === undefined ? strong : `${strong}, ${detect} found first`;
}

/** @example spanned(7, 9) // '7 to 9' */
function spanned(first: number, last = first): string {
  return first === last ? `${first}` : `${first} to ${last}`;
}

function sum(...parts: (number | undefined)[]): number {
  return parts.reduce<number>((total, part) => total + (part ?? 0), 0);
}

function seconds(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : `${(milliseconds / 1000).toFixed(1)} s`;
}
