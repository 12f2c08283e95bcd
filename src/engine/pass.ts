import { classifierFree } from './conditions.js';
import type { GuidedContext } from './context.js';
import type { PreparedControl } from './control.js';
import { createDenoiser, type Guided } from './denoiser.js';
import type { Size } from './drawing.js';
import type { Model } from './model.js';
import type { UNetShape } from './networks/unet.js';
import { foretelling } from './quality/foretell.js';
import { numbersOf } from './quality/numbersOf.js';
import { wholeCalls } from './quality/wholeCalls.js';
import type { Resolved } from './schedulers/resolve.js';
import type { Schedule } from './schedulers/schedule.js';
import type { SchedulerOptions } from './schedulers/scheduler.js';
import type { Settings } from './settings.js';
import type { Prepared } from './tasks/prepared.js';
import type { UNetCalls } from './unetCalls.js';

/** One run of a scheduler over latents, by one model. */
export interface Pass {
  /** What tells the model's U-Net from others. */
  readonly key: string;
  readonly model: Model;
  readonly context: GuidedContext;
  /** With the size that is drawn in this run. */
  readonly settings: Settings;
  /** Of the latents. */
  readonly size: Size;
  readonly scheduler: Resolved;
  readonly schedule: Schedule;
  readonly prepared: Prepared;
  readonly control: PreparedControl | undefined;
}

interface Hooks extends Pick<SchedulerOptions, 'noise' | 'onStep'> {
  readonly calls: UNetCalls;
  /** The drawing's, from `calls`. */
  readonly place: number;
  readonly signal: AbortSignal;
  /** Told how many jobs each call of the U-Net carried. */
  onCall(jobs: number): void;
}

/**
 * Draws one run: from what was prepared to the latents [C,h,w] at its end.
 *
 * @returns the latents, and by which name `calls` knows the U-Net
 * @example const { latents } = await runPass(pass, { calls, place, noise, signal, onStep, onCall });
 */
export async function runPass(
  pass: Pass,
  { calls, place, signal, noise, onStep, onCall }: Hooks,
): Promise<{ latents: Float32Array; name: string }> {
  const { key, model, context, settings, size, scheduler, schedule, prepared, control } = pass;
  const { checkpoint } = model;
  const unet = checkpoint.unet.config;
  const shape: UNetShape = { ...size, tokens: context.positive.tokens };
  const told = { ...settings, requiresAestheticsScore: checkpoint.requiresAestheticsScore };
  const how = numbersOf(settings.quality);
  const variant = how.numbers ? `${key} ${how.numbers}` : key;
  const name = calls.name(variant, shape, model.unet(shape, undefined, how));
  const guided = withExtra(prepared.guided ?? classifierFree(unet, context, told), prepared.extra);
  const plain = { shape: name, inputs: prepared.inputs };
  const controlled = control && {
    shape: calls.name(`${variant} ${control.key}`, shape, model.unet(shape, control.net, how)),
    inputs: { ...prepared.inputs, ...control.inputs(guided.conditions.length) },
  };
  const whole = wholeCalls(settings.quality, {
    timesteps: scheduler.callTimesteps(schedule),
    ...{ guidance: settings.guidance, noise: scheduler.noise },
  });
  const computed = createDenoiser({
    ...{ ...guided, calls, size, signal, place, onCall },
    steps: whole.length,
    call: (n) => (control?.acts(whole[n]!) ? controlled! : plain),
  });
  let renoised = false;
  const denoise =
    settings.quality === 'exact'
      ? computed
      : foretelling(computed, {
          ...{ whole, schedule, prediction: scheduler.prediction },
          renoised: () => renoised,
        });
  const { afterStep } = prepared;
  const options: SchedulerOptions = {
    ...{ signal, onStep, afterStep },
    noise(count) {
      renoised = true;
      return noise(count);
    },
  };
  const holds = [plain, ...(controlled ? [controlled] : [])].map(({ shape }) => calls.hold(shape));
  try {
    return { latents: await scheduler.run(denoise, prepared.start, schedule, options), name };
  } finally {
    for (const release of holds) release();
  }
}

function withExtra(guided: Guided, extra: Float32Array | undefined): Guided {
  if (!extra) return guided;
  return { ...guided, conditions: guided.conditions.map((condition) => ({ ...condition, extra })) };
}
