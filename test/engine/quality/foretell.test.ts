import { describe, expect, test } from 'vitest';
import { foretelling } from '../../../src/engine/quality/foretell.js';
import type { PredictionType } from '../../../src/engine/schedulers/prediction.js';

const alphasCumprod = Float32Array.from({ length: 1000 }, (_, t) => Math.cos((t / 1000) * 1.5) ** 2);
const timesteps = [900, 800, 650.5, 400, 100];

const levelAt = (timestep: number) => {
  const [below, above] = [alphasCumprod[Math.floor(timestep)]!, alphasCumprod[Math.ceil(timestep)]!];
  const value = below + (timestep - Math.floor(timestep)) * (above - below);
  const [alpha, sigma] = [Math.sqrt(value), Math.sqrt(1 - value)];
  return { alpha, sigma, lambda: Math.log(alpha / sigma) };
};
/** x at each call; any will do. */
const xAt = (timestep: number) => Float32Array.of(Math.sin(timestep), 0.3, -timestep / 500);

/** A network of which v, or the picture, is a line over λ, as that type predicts it. */
function straight(type: PredictionType, what: 'v' | 'picture') {
  return (timestep: number): Float32Array => {
    const { alpha, sigma, lambda } = levelAt(timestep);
    return xAt(timestep).map((x, i) => {
      const followed = 0.5 - 0.2 * i + 0.7 * lambda;
      const v = what === 'v' ? followed : (alpha * x - followed) / sigma;
      if (type === 'v_prediction') return v;
      return type === 'epsilon' ? alpha * v + sigma * x : alpha * x - sigma * v;
    });
  };
}

async function drawn(type: PredictionType, what: 'v' | 'picture', whole: readonly number[], noise = false) {
  const network = straight(type, what);
  const computed: number[] = [];
  const denoise = foretelling(
    async (_, timestep) => {
      computed.push(timestep);
      return network(timestep);
    },
    { whole, schedule: { alphasCumprod }, prediction: type, renoised: () => noise },
  );
  const outputs: Float32Array[] = [];
  for (const timestep of timesteps) outputs.push(await denoise(xAt(timestep), timestep));
  return { computed, outputs, wanted: timesteps.map(network) };
}

describe.each(['epsilon', 'sample', 'v_prediction'] as const)('answers of a network of %s', (type) => {
  test.each([
    ['v', false],
    ['picture', true],
  ] as const)('on a line of %s are foretold, with noise between them: %s', async (what, noise) => {
    const { computed, outputs, wanted } = await drawn(type, what, [0, 1, 3], noise);
    expect(computed).toEqual([900, 800, 400]);
    for (const [n, output] of outputs.entries()) {
      for (const [i, value] of output.entries()) expect(value).toBeCloseTo(wanted[n]![i]!, 3);
    }
  });
});

test('what is computed is handed on as it is', async () => {
  const { outputs, wanted } = await drawn('epsilon', 'v', [0, 1, 2, 3, 4]);
  expect(outputs).toEqual(wanted);
});

test('after one answer it is foretold to stay, and of two at one timestep the later counts', async () => {
  const given = [1, 2, 3].map((value) => Float32Array.of(value));
  const denoise = foretelling(async () => given.shift()!, {
    ...{ whole: [0, 2, 3], schedule: { alphasCumprod }, prediction: 'v_prediction' },
    renoised: () => false,
  });
  const x = Float32Array.of(0.5);
  const told = [];
  for (const timestep of [900, 800, 700, 700, 600]) told.push((await denoise(x, timestep))[0]!);
  expect(told.slice(0, 4)).toEqual([1, 1, 2, 3]);
  const [a, b, c] = [900, 700, 600].map((timestep) => levelAt(timestep).lambda) as [number, number, number];
  expect(told[4]).toBeCloseTo(3 + (2 * (c - b)) / (b - a), 3);
});

test('where there is no signal at all it is foretold in numbers', async () => {
  const none = alphasCumprod.map((value, t) => (t === 999 ? 0 : value));
  const denoise = foretelling(async (x) => x, {
    ...{ whole: [0, 1], schedule: { alphasCumprod: none }, prediction: 'v_prediction' },
    renoised: () => false,
  });
  const x = Float32Array.of(0.5);
  for (const timestep of [999, 950]) await denoise(x, timestep);
  expect((await denoise(x, 900)).every(Number.isFinite)).toBe(true);
});
