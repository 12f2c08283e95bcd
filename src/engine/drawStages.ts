import type { Autoencoder } from './autoencoder.js';
import type { Checkpoint } from './checkpoint/folder.js';
import type { GuidedContext } from './context.js';
import type { Controls } from './control.js';
import type { DrawHooks, Size, Task } from './drawing.js';
import { runPass } from './pass.js';
import type { Previews } from './previews.js';
import type { OpenRefiner } from './refiners.js';
import { resizeLatents } from './resizeLatents.js';
import type { Schedule } from './schedulers/schedule.js';
import type { Settings } from './settings.js';
import { planStages, type Stage, type StageNoise, stageNoise } from './stages.js';
import type { Stopwatch } from './stopwatch.js';
import { prepare } from './tasks/prepare.js';
import type { Prepared } from './tasks/prepared.js';
import { createTeller } from './teller.js';
import type { UNetCalls } from './unetCalls.js';
import type { Variant } from './variants.js';

interface Tools {
  readonly settings: Settings;
  readonly task: Task;
  readonly variant: Variant;
  /** Open where the settings ask for one. */
  readonly refiner: OpenRefiner | undefined;
  readonly autoencoder: Autoencoder;
  readonly calls: UNetCalls;
  /** The drawing's, from `calls`. */
  readonly place: number;
  readonly controls: Controls;
  /** Undefined where nobody may see them. */
  readonly previews: Previews | undefined;
  readonly hooks: DrawHooks;
  readonly clock: Stopwatch;
}

/** What came of all runs. */
interface Drawn {
  readonly latents: Float32Array;
  /** Of the latents. */
  readonly size: Size;
  /** The first run's U-Net, as `calls` knows it. */
  readonly name: string;
  /** diffusers' class. */
  readonly scheduler: string;
  readonly mates: number;
  readonly warnings: readonly string[];
}

/**
 * Draws all runs of a picture, one after another, told as one row of steps.
 *
 * @throws UserError as `planStages`, `prepare` and the networks
 * @example const { latents, size } = await drawStages(tools); await autoencoder.decode(latents, size);
 */
export async function drawStages(tools: Tools): Promise<Drawn> {
  const { settings, variant, refiner, calls, place, controls, previews, hooks, clock } = tools;
  const stages = planStages(settings, tools.task, variant.model.checkpoint, refiner?.model.checkpoint);
  const all = stages.reduce((sum, { schedule }) => sum + schedule.end - schedule.begin, 0);

  const context = await encode(variant, tools, settings);
  let noise = stageNoise(settings);
  let drawn: { latents: Float32Array; name: string } | undefined;
  let first = '';
  let [done, mates] = [0, 0];
  for (const [i, stage] of stages.entries()) {
    const { size, schedule, scheduler } = stage;
    const by = stage.kind === 'refiner' ? refiner! : variant;
    const own = by === variant ? context : await encode(by, tools, stage.settings);
    if (stage.kind === 'hires') noise = stageNoise(stage.settings);
    const prepared = await begin(stage, { ...tools, context: own, noise, drawn, before: stages[i - 1] });
    const control =
      settings.control && by === variant
        ? await controls.prepare(settings.control, size, scheduler.calls(unended(schedule)))
        : undefined;
    clock.lap('encode');

    const teller = createTeller(counted(hooks, done, all), hooks.preview ? previews?.of(size) : undefined);
    await teller.ready();
    drawn = await runPass(
      { ...stage, key: by.key, model: by.model, context: own, prepared, control },
      {
        ...{ calls, place, signal: hooks.signal, noise: noise.noise, onStep: teller.onStep },
        onCall: (jobs) => {
          mates = Math.max(mates, jobs - 1);
        },
      },
    ).finally(teller.end);
    clock.lap('denoise');
    first ||= drawn.name;
    done += schedule.end - schedule.begin;
  }
  const { className } = stages[0]!.scheduler;
  const { size } = stages.at(-1)!;
  return { ...drawn!, size, name: first, scheduler: className, mates, warnings: context.warnings };
}

function encode(
  { model, encoder }: Pick<Variant, 'model' | 'encoder'>,
  { variant }: Tools,
  { negative, guidance, imageGuidance, clipSkip }: Settings,
): Promise<GuidedContext> {
  const towardsPicture = (imageGuidance ?? 1) >= 1;
  const guidable = model.checkpoint.unet.config.time_cond_proj_dim === null;
  const asksTwice = guidance > 1 && guidable && towardsPicture;
  return encoder.encode(variant.prompt, negative, asksTwice, clipSkip);
}

interface Before extends Pick<Tools, 'task' | 'variant' | 'autoencoder'> {
  readonly context: GuidedContext;
  readonly noise: StageNoise;
  readonly drawn: { readonly latents: Float32Array } | undefined;
  readonly before: Stage | undefined;
}

/** What a run begins with: its task's own, or the latents of the run before. */
async function begin(
  { kind, settings, size, scheduler, schedule }: Stage,
  { task, variant, autoencoder, context, noise, drawn, before }: Before,
): Promise<Prepared> {
  const checkpoint: Checkpoint = variant.model.checkpoint;
  const initialNoise = () => noise.initial(checkpoint.unet.config.out_channels, size);
  if (kind === 'refiner') return { start: drawn!.latents };
  if (kind === 'hires') {
    const larger = resizeLatents(drawn!.latents, before!.size, size);
    return { start: scheduler.start(initialNoise(), schedule, larger) };
  }
  return prepare(task, {
    ...{ settings, checkpoint, context, autoencoder, scheduler, schedule, size, initialNoise },
    noise: noise.noise,
  });
}

/** A ControlNet's part is one of all steps, also of those that a refiner draws instead: so in diffusers' for SDXL. */
function unended(schedule: Schedule): Schedule {
  return { ...schedule, end: schedule.timesteps.length };
}

/** The hooks of one run, which tell of its steps as some of all. */
function counted(hooks: DrawHooks, done: number, steps: number): DrawHooks {
  return {
    ...hooks,
    onProgress: (progress) => hooks.onProgress?.({ ...progress, step: done + progress.step, steps }),
  };
}
