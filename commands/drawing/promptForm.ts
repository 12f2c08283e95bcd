import type { Job } from '../../src/log/log.js';
import type { Form } from '../../src/request.js';

/** What a form's text field holds on Discord. */
const most = 4000;

/**
 * A form with the prompt and settings of a job, as somebody would type them to get it again.
 *
 * @example await responder.open(promptForm(job));
 */
export function promptForm(job: Job): Form {
  const { options } = job;
  const { hires, control, variation } = options;
  const suffixes = [
    ['steps', options.steps],
    ['cfg', options.guidance],
    ['count', options.count === 1 ? undefined : options.count],
    ['w', options.width],
    ['h', options.height],
    ['sampler', options.scheduler],
    ['quality', options.quality],
    ['model', options.model],
    ['hires', hires?.scale],
    ['strength', hires?.strength],
    ['control', control && [control.name, control.scale].filter((part) => part !== undefined).join(':')],
    ['control-detect', control?.detect],
    ['variation', variation && `${variation.strength}:${variation.seed}`],
    ['refiner', options.refiner?.name],
    ['clip-skip', options.clipSkip],
    ['image-guidance', options.imageGuidance],
    ['noise-level', options.noiseLevel],
  ].flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${value}`]));
  return {
    title: 'Draw again',
    command: 'imagine',
    job: job.id,
    fields: [
      {
        name: 'prompt',
        label: 'Prompt',
        value: withSuffixes(options.prompt, suffixes.join(' ')),
        long: true,
        required: true,
        most,
      },
      { name: 'negative', label: 'Without', value: options.negative?.slice(0, 2000), long: true, most: 2000 },
      { name: 'seed', label: 'Seed', placeholder: 'at random', value: String(options.seed), most: 10 },
    ],
  };
}

/** Of a prompt too long for the field its end goes, not the settings after it. */
function withSuffixes(prompt: string, suffixes: string): string {
  return `${prompt.slice(0, most - suffixes.length - 1)} ${suffixes}`.trim();
}
