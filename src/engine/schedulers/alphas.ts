import type { Schedule } from './schedule.js';

/**
 * ᾱ at a training timestep; before the first one it is 1, or with `set_alpha_to_one` false that of the first.
 */
export function alphaCumprodAt(
  timestep: number,
  { alphasCumprod }: Schedule,
  { set_alpha_to_one }: { readonly set_alpha_to_one: boolean },
): number {
  if (timestep >= 0) return alphasCumprod[timestep]!;
  return set_alpha_to_one ? 1 : alphasCumprod[0]!;
}
