import { expect, it } from 'vitest';
import type { Rows } from '../../src/engine/batcher.js';
import { UNetConfig } from '../../src/engine/checkpoint/config/unet.js';
import { classifierFree } from '../../src/engine/conditions.js';
import type { GuidedContext } from '../../src/engine/context.js';
import { createDenoiser, type DenoiserOptions } from '../../src/engine/denoiser.js';
import type { UNetCalls } from '../../src/engine/unetCalls.js';

/** Answers row r with r + 1 everywhere, or with the given rows. */
function callsOf(asked: Rows[], answer?: readonly number[]): Pick<UNetCalls, 'denoise'> {
  return {
    async denoise(rows) {
      asked.push(rows);
      return Float32Array.from(
        answer ?? Array.from({ length: rows.count * 4 }, (_, i) => 1 + Math.floor(i / 4)),
      );
    },
  };
}

const context = (value: number) => ({
  states: new Float32Array(6).fill(value),
  tokens: 2,
  pooled: Float32Array.of(value),
});
const plain = UNetConfig.parse({ in_channels: 1, out_channels: 1 });
const told = { width: 16, height: 16, guidance: 3, guidanceRescale: 0 };
const options = {
  size: { width: 2, height: 2 },
  call: () => ({ shape: '2×2/2' }),
  signal: new AbortController().signal,
};

function denoiserOf(
  calls: DenoiserOptions['calls'],
  guided: GuidedContext,
  { unet = plain, ...more }: Partial<typeof told> & { unet?: UNetConfig } = {},
) {
  return createDenoiser({ ...options, calls, ...classifierFree(unet, guided, { ...told, ...more }) });
}

it('guidance asks for two rows, the unconditional one first, and combines them', async () => {
  const asked: Rows[] = [];
  const guided = { negative: context(0), positive: context(1), warnings: [] };
  const denoise = denoiserOf(callsOf(asked), guided);
  expect([...(await denoise(Float32Array.of(1, 2, 3, 4), 981))]).toEqual([4, 4, 4, 4]);
  expect(asked[0]!.count).toBe(2);
  expect([...asked[0]!.inputs.sample!.data]).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
  expect([...asked[0]!.inputs.timestep!.data]).toEqual([981, 981]);
  expect(asked[0]!.inputs.encoder_hidden_states!.rowDims).toEqual([2, 3]);
  expect([...asked[0]!.inputs.encoder_hidden_states!.data.subarray(4, 8)]).toEqual([0, 0, 1, 1]);
});

it('without an unconditional context there is one row, and its answer is taken as it is', async () => {
  const asked: Rows[] = [];
  const alone = { positive: context(1), warnings: [] };
  const denoise = denoiserOf(callsOf(asked), alone);
  expect([...(await denoise(new Float32Array(4), 1))]).toEqual([1, 1, 1, 1]);
  expect(asked[0]!.count).toBe(1);
});

it('a full guidance rescale gives the guided prediction the conditional one’s deviation', async () => {
  const guided = { negative: context(0), positive: context(1), warnings: [] };
  const answer = [0, 0, 0, 0, 1, 2, 3, 4];
  const denoise = denoiserOf(callsOf([], answer), guided, { guidanceRescale: 1 });
  const rescaled = await denoise(new Float32Array(4), 1);
  for (const [i, value] of rescaled.entries()) expect(value).toBeCloseTo(i + 1, 5);
});

it('SDXL’s U-Net is told the size, heights first, and the pooled text', async () => {
  const asked: Rows[] = [];
  const unet = UNetConfig.parse({
    in_channels: 1,
    out_channels: 1,
    addition_embed_type: 'text_time',
    addition_time_embed_dim: 8,
    projection_class_embeddings_input_dim: 49,
  });
  const guided = { negative: context(0), positive: context(1), warnings: [] };
  const denoise = denoiserOf(callsOf(asked), guided, { unet, width: 24 });
  await denoise(new Float32Array(4), 1);
  expect([...asked[0]!.inputs.time_ids!.data]).toEqual([16, 24, 0, 0, 16, 24, 16, 24, 0, 0, 16, 24]);
  expect([...asked[0]!.inputs.text_embeds!.data]).toEqual([0, 1]);
});

it('channels behind the latents and inputs of a call go into every row, and each call may ask for its own', async () => {
  const asked: Rows[] = [];
  const denoise = createDenoiser({
    ...options,
    calls: callsOf(asked),
    call: (n) => ({
      shape: `call ${n}`,
      inputs: { control_scale: { data: Float32Array.of(n), rowDims: [] } },
    }),
    conditions: [1, 2].map((extra) => ({ inputs: {}, extra: new Float32Array(4).fill(extra) })),
    combine: ([first, second]) => Float32Array.of(first![0]!, second![0]!),
  });
  expect([...(await denoise(new Float32Array(4), 1))]).toEqual([1, 2]);
  await denoise(new Float32Array(4), 1);
  expect(asked.map(({ shape }) => shape)).toEqual(['call 0', 'call 1']);
  expect(asked[0]!.inputs.sample!.rowDims).toEqual([2, 2, 2]);
  expect([...asked[0]!.inputs.sample!.data]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 2, 2, 2, 2]);
  expect([...asked[1]!.inputs.control_scale!.data]).toEqual([1, 1]);
});
