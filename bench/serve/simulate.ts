import { type ArrivalsOptions, type Ask, arrivals } from './arrivals.js';
import { type Policy, type Served, serve } from './policies.js';
import { simulatedStudio } from './simulatedStudio.js';
import type { Times } from './times.js';
import { createVirtualTime } from './virtualTime.js';

/**
 * One policy with one load, in virtual time.
 *
 * @example figuresOf(await simulate('continuous', { times, requests: 1000, load: 0.8, seed: 1 })).p50;
 */
export async function simulate(policy: Policy, options: ArrivalsOptions): Promise<Served[]> {
  return simulateAsks(policy, arrivals(options), options.times);
}

/**
 * The same of requests that are known.
 *
 * @param together most jobs that are drawn together as whole requests; as many as the engine has slots when left out
 */
export async function simulateAsks(
  policy: Policy,
  asks: readonly Ask[],
  times: Times,
  together?: number,
): Promise<Served[]> {
  const clock = createVirtualTime();
  const own = await clock.run(simulatedStudio(times, clock));
  const most = together ?? own.slots;
  const studio = policy === 'whole requests' ? await simulatedStudio(times, clock, most) : own;
  return clock.run(serve(asks, { policy, studio, clock, together: most }));
}
