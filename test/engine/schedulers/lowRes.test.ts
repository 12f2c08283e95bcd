import { expect, test } from 'vitest';
import { lowResLevel } from '../../../src/engine/schedulers/lowRes.js';

// From diffusers' DDPMScheduler with these betas.
test.each([
  [20, 0.9986497, 0.0519492],
  [350, 0.8003025, 0.5995964],
])('a small picture is mixed with noise as its level %i says', (level, picture, noise) => {
  const { alpha, sigma } = lowResLevel(undefined, level);
  expect(alpha).toBeCloseTo(picture, 6);
  expect(sigma).toBeCloseTo(noise, 6);
});

test.each<[object, number, string]>([
  [{ beta_schedule: 'sigmoid' }, 20, 'beta_schedule is "sigmoid", want one of linear, scaled_linear'],
  [{ beta_start: 2 }, 20, 'beta_start is 2, want a number from'],
  [{ num_train_timesteps: 10 }, 20, 'Cannot draw with noise level 20: want at most 9'],
])('a config that it cannot be mixed by is refused: %j', (file, level, why) => {
  expect(() => lowResLevel(file, level)).toThrow(why);
});
