export type Spacing = 'linspace' | 'leading' | 'trailing';

export interface SpacingOptions {
  readonly timestep_spacing: Spacing;
  readonly steps_offset: number;
  readonly num_train_timesteps: number;
}

/**
 * `count` timesteps from the noisiest to the cleanest, the three ways of table 2 of
 * https://arxiv.org/abs/2305.08891, with numpy's arithmetic. `linspace` gives fractions: round them where
 * whole timesteps are wanted.
 *
 * @example
 * const config = { timestep_spacing: 'trailing', steps_offset: 0, num_train_timesteps: 1000 } as const;
 * spacedTimesteps(4, config); // [999, 749, 499, 249]
 */
export function spacedTimesteps(count: number, options: SpacingOptions): number[] {
  const { timestep_spacing, steps_offset, num_train_timesteps: total } = options;
  switch (timestep_spacing) {
    case 'linspace':
      return linspace(0, total - 1, count).reverse();
    case 'leading': {
      const stride = Math.floor(total / count);
      return Array.from({ length: count }, (_, i) => (count - 1 - i) * stride + steps_offset);
    }
    case 'trailing':
      return trailing(total, total / count);
  }
}

/**
 * `count` timesteps for the multistep solvers: `linspace` and `leading` divide the way into one step more and
 * leave out the last point, timestep 0. `end` is one past the noisiest timestep that is used.
 */
export function solverTimesteps(count: number, end: number, options: SpacingOptions): number[] {
  const { timestep_spacing, steps_offset, num_train_timesteps: total } = options;
  if (timestep_spacing === 'trailing') return trailing(end, total / count);
  if (timestep_spacing === 'linspace') {
    return linspace(0, end - 1, count + 1)
      .map(round)
      .reverse()
      .slice(0, -1);
  }
  const stride = Math.floor(end / (count + 1));
  return Array.from({ length: count }, (_, i) => (count - i) * stride + steps_offset);
}

/** `numpy.linspace` in doubles. */
export function linspace(start: number, end: number, count: number): number[] {
  const step = (end - start) / (count - 1);
  return Array.from({ length: count }, (_, i) => (i > 0 && i === count - 1 ? end : start + (i && i * step)));
}

/** `numpy.round`: a half goes to the even neighbour. */
export function round(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}

/**
 * `numpy.round(numpy.arange(from, 0, -step)) - 1`. For some step counts (61 of 1000 is the first) numpy's
 * array has a value too many, because its length is rounded up from a quotient a hair above the count; the
 * timestep −1 that diffusers then adds reads the noisiest level and spoils the picture. It is left out here.
 */
function trailing(from: number, step: number): number[] {
  const delta = from - step - from;
  const all = Array.from({ length: Math.ceil(from / step) }, (_, i) => round(from + i * delta) - 1);
  return all.filter((timestep) => timestep >= 0);
}
