import type { z } from 'zod';
import { consistencySchedule, ddimSchedule, pndmSchedule } from './alphaSchedules.js';
import {
  ddimConfig,
  dpmSolverConfig,
  eulerAncestralConfig,
  eulerConfig,
  heunConfig,
  lcmConfig,
  pndmConfig,
  tcdConfig,
  unipcConfig,
} from './config.js';
import { createDdim } from './ddim.js';
import { createDpmSolver } from './dpmSolver.js';
import { createEuler } from './euler.js';
import { createEulerAncestral } from './eulerAncestral.js';
import { createHeun } from './heun.js';
import { createLcm } from './lcm.js';
import { createPndm } from './pndm.js';
import { type Level, levelOfAlphaCumprod, levelOfSigma } from './prediction.js';
import type { Schedule } from './schedule.js';
import type { Scheduler } from './scheduler.js';
import { eulerAncestralSchedule, eulerSchedule, heunSchedule } from './sigmaSchedules.js';
import { dpmSchedule, unipcSchedule } from './solverSchedules.js';
import { createTcd } from './tcd.js';
import { createUnipc } from './unipc.js';

/** What every class has. */
export interface CommonConfig {
  readonly num_train_timesteps: number;
  readonly prediction_type: string;
}

/** How much of the noise that a scheduler goes on with it draws anew at each step. */
export type NewNoise = 'none' | 'some' | 'all';

/** One diffusers class: its options, its loop, its timesteps, and how it mixes a picture with noise. */
export interface SchedulerClass<Config extends CommonConfig = CommonConfig> {
  readonly className: string;
  /** Model calls a step, where it is not 1: diffusers' `order`. */
  readonly order?: number;
  readonly config: z.ZodType<Config>;
  /** Which of the noise between its steps is new: none when left out. */
  noise?(config: Config): NewNoise;
  create(config: Config): Scheduler;
  /** The whole chain; only the distilled models' schedules know of `strength`. */
  schedule(steps: number, config: Config, strength: number): Schedule;
  /** The parts of picture and noise in x at the step that the schedule begins with. */
  mix(schedule: Schedule): Level;
}

const byAlpha = ({ alphasCumprod, timesteps, begin }: Schedule) =>
  levelOfAlphaCumprod(alphasCumprod[timesteps[begin]!]!);
const bySigma = ({ sigmas, begin }: Schedule) => levelOfSigma(sigmas[begin]!);
const unscaled = ({ sigmas, begin }: Schedule) => ({ alpha: 1, sigma: sigmas[begin]! });

const ddim: SchedulerClass<z.output<typeof ddimConfig>> = {
  className: 'DDIMScheduler',
  config: ddimConfig,
  create: createDdim,
  schedule: ddimSchedule,
  mix: byAlpha,
};
const pndm: SchedulerClass<z.output<typeof pndmConfig>> = {
  className: 'PNDMScheduler',
  config: pndmConfig,
  create: createPndm,
  schedule: pndmSchedule,
  mix: byAlpha,
};
const euler: SchedulerClass<z.output<typeof eulerConfig>> = {
  className: 'EulerDiscreteScheduler',
  config: eulerConfig,
  create: createEuler,
  schedule: eulerSchedule,
  mix: unscaled,
};
const eulerAncestral: SchedulerClass<z.output<typeof eulerAncestralConfig>> = {
  className: 'EulerAncestralDiscreteScheduler',
  noise: () => 'some',
  config: eulerAncestralConfig,
  create: createEulerAncestral,
  schedule: eulerAncestralSchedule,
  mix: unscaled,
};
const heun: SchedulerClass<z.output<typeof heunConfig>> = {
  className: 'HeunDiscreteScheduler',
  order: 2,
  config: heunConfig,
  create: createHeun,
  schedule: heunSchedule,
  mix: unscaled,
};
const dpmSolver: SchedulerClass<z.output<typeof dpmSolverConfig>> = {
  className: 'DPMSolverMultistepScheduler',
  noise: ({ algorithm_type }) => (algorithm_type.startsWith('sde-') ? 'some' : 'none'),
  config: dpmSolverConfig,
  create: createDpmSolver,
  schedule: dpmSchedule,
  mix: bySigma,
};
const unipc: SchedulerClass<z.output<typeof unipcConfig>> = {
  className: 'UniPCMultistepScheduler',
  config: unipcConfig,
  create: createUnipc,
  schedule: unipcSchedule,
  mix: bySigma,
};
const lcm: SchedulerClass<z.output<typeof lcmConfig>> = {
  className: 'LCMScheduler',
  noise: () => 'all',
  config: lcmConfig,
  create: createLcm,
  schedule: consistencySchedule,
  mix: byAlpha,
};
const tcd: SchedulerClass<z.output<typeof tcdConfig>> = {
  className: 'TCDScheduler',
  config: tcdConfig,
  create: createTcd,
  schedule: consistencySchedule,
  mix: byAlpha,
};

/** By diffusers' class name; each does what that class of diffusers 0.42 does. */
export const schedulerClasses: ReadonlyMap<string, SchedulerClass> = new Map(
  [ddim, pndm, euler, eulerAncestral, heun, dpmSolver, unipc, lcm, tcd].map((known) => [
    known.className,
    known as SchedulerClass,
  ]),
);
