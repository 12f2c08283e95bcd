import { UserError } from '../errors.js';
import type { Checkpoint } from './checkpoint/folder.js';
import type { Size, Task } from './drawing.js';
import { createGenerator } from './noise/generator.js';
import { slerp } from './noise/slerp.js';
import { schedulingClass } from './pipelineClass.js';
import { type Resolved, resolveScheduler } from './schedulers/resolve.js';
import type { Schedule } from './schedulers/schedule.js';
import type { Settings } from './settings.js';

/**
 * One of a drawing's runs: `first` as its task has it, `hires` from the enlarged latents of the first, `refiner` by
 * another model from the latents of the run before.
 */
export interface Stage {
  readonly kind: 'first' | 'hires' | 'refiner';
  /** The request's, with what differs in this run: size, steps, strength. */
  readonly settings: Settings;
  /** Of the latents. */
  readonly size: Size;
  readonly scheduler: Resolved;
  readonly schedule: Schedule;
}

/**
 * The runs that a drawing takes, as somebody writes them with diffusers: text2img or img2img; for hires fix img2img from
 * its latents; and where a refiner takes over, `denoising_end` of the last of them and `denoising_start` of the refiner.
 *
 * A refiner draws with its own scheduler where that is of the base's class, else with one of that class from its own
 * options: the latents of one class may be scaled as another does not expect.
 *
 * @throws UserError `bad-option` where hires fix or a refiner does not go with what is asked for besides
 * @example planStages(settings, 'text', base, undefined); // one, unless settings.hires
 */
export function planStages(
  settings: Settings,
  task: Task,
  base: Checkpoint,
  refiner: Checkpoint | undefined,
): readonly Stage[] {
  const { hires, refiner: refined } = settings;
  if (hires || refined) refuseOtherTasks(base, hires ? 'hires fix' : 'a refiner');
  const drawnBy = schedulingClass(base.pipelineClass, task);
  const scheduler = resolveScheduler(base.scheduler, settings.scheduler, drawnBy);
  const last = { end: refined?.start };
  const stage = (kind: Stage['kind'], own: Settings, by: Resolved, schedule: Schedule): Stage => ({
    ...{ kind, settings: own, scheduler: by, schedule },
    size: { width: own.width / base.vaeScaleFactor, height: own.height / base.vaeScaleFactor },
  });

  const { steps, strength } = settings;
  const stages = [
    stage('first', settings, scheduler, scheduler.schedule(steps, strength, hires ? {} : last)),
  ];
  if (hires) {
    const own = { ...settings, ...hires, init: undefined };
    stages.push(stage('hires', own, scheduler, scheduler.schedule(own.steps, own.strength, last)));
  }
  if (refined && refiner) {
    const own = { ...stages.at(-1)!.settings, init: undefined, strength: undefined };
    const ofBase = { ...(refiner.scheduler as object), _class_name: scheduler.className };
    const by = resolveScheduler(ofBase, settings.scheduler, refiner.pipelineClass);
    stages.push(stage('refiner', own, by, by.schedule(own.steps, 1, { start: refined.start })));
  }
  return stages;
}

/** A run's noise, in the order in which diffusers asks for it. */
export interface StageNoise {
  /** Normal numbers from the generator. */
  noise(count: number): Float32Array;
  /** What the latents [channels,h,w] start from: the generator's, mixed with the variation's. */
  initial(channels: number, size: Size): Float32Array;
}

/**
 * The noise of a run whose generator begins anew. A variation changes the noise that a drawing starts from, and no noise
 * that a scheduler adds later, as in A1111.
 *
 * @example stageNoise(settings).initial(4, { width: 64, height: 64 });
 */
export function stageNoise({ seed, variation }: Settings): StageNoise {
  const generator = createGenerator(seed);
  return {
    noise: (count) => generator.randn(count),
    initial(channels, { width, height }) {
      const own = generator.randn(channels * width * height);
      if (!variation || variation.strength === 0) return own;
      const other = createGenerator(variation.seed).randn(own.length);
      return slerp(variation.strength, own, other, width, height);
    },
  };
}

function refuseOtherTasks({ unet, name }: Checkpoint, what: string): void {
  const { in_channels: taken, out_channels: given } = unet.config;
  if (taken === given) return;
  throw new UserError(
    'bad-option',
    `Cannot draw with ${what}: ${name} redraws pictures, want a model that draws from a prompt`,
  );
}
