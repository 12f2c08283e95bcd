/** One opening for bench/open.ts, in a process of its own: arguments are what to open, the checkpoint's and the cache's folder. */
import { type Checkpoint, openCheckpoint } from '../src/engine/checkpoint/folder.js';
import { privateMemory } from '../src/engine/memory.js';
import { createModel } from '../src/engine/model.js';
import type { UNetShape } from '../src/engine/networks/unet.js';
import { openPipeline } from '../src/engine/pipeline.js';
import type { Tensor } from '../src/engine/session.js';
import { openTokenizer } from '../src/engine/tokenizer/tokenizer.js';

const [what, folder, cacheFolder] = process.argv.slice(2) as [string, string, string];
// 64×64 pixels: what the first call costs is the weights' way into memory, not the arithmetic.
const shape: UNetShape = { width: 8, height: 8, tokens: 77 };

const before = privateMemory();
const began = performance.now();
const elapsed = () => Number(((performance.now() - began) / 1000).toFixed(3));
const memory = () => Math.round((privateMemory() - before) / 1e6);

if (what === 'picture') {
  const pipeline = await openPipeline({ model: folder, device: 'cpu', cacheFolder });
  const open_seconds = elapsed();
  await weightsKnown(await openCheckpoint(folder, { cacheFolder }));
  const known_seconds = elapsed();
  const request = { prompt: 'a red fox', width: 64, height: 64, steps: 2, seed: 0 };
  const { timings } = await pipeline.draw(request, { signal: new AbortController().signal, preview: false });
  console.log(JSON.stringify({ open_seconds, known_seconds, picture_seconds: elapsed(), timings }));
  await pipeline.close();
} else {
  const checkpoint = await openCheckpoint(folder, { cacheFolder });
  const model = createModel(checkpoint, { device: 'cpu', cacheFolder });
  const tokenizer = await openTokenizer(checkpoint.textEncoders[0]!.tokenizerFolder, { encoder: 'clip' });
  await weightsKnown(checkpoint);
  tokenizer.encode('a red fox');
  await model.unet(shape).open();
  if (what === 'everything') {
    await model.textEncoder(0).open();
    await model.decoder(shape).open();
  }
  const opened_seconds = elapsed();
  const private_mb_opened = memory();
  await model.unet(shape).run(feeds(shape));
  const answered_seconds = elapsed();
  const private_mb_answered = memory();
  await model.unet(shape).run(feeds(shape));
  const second_call_seconds = Number((elapsed() - answered_seconds).toFixed(3));
  const times = { opened_seconds, answered_seconds, second_call_seconds };
  console.log(JSON.stringify({ ...times, private_mb_opened, private_mb_answered }));
  await model.close();
}

/** As from_pretrained, which has read every header when it is done. */
async function weightsKnown({ unet, vae, textEncoders }: Checkpoint): Promise<void> {
  for (const component of [unet, vae, ...textEncoders]) await component.weights();
}

function feeds({ width, height, tokens }: UNetShape): Record<string, Tensor> {
  const tensor = (...dims: number[]): Tensor => {
    const count = dims.reduce((product, dim) => product * dim, 1);
    return { dtype: 'float32', dims, data: new Float32Array(count).fill(0.1) };
  };
  return {
    sample: tensor(1, 4, height, width),
    timestep: tensor(1),
    encoder_hidden_states: tensor(1, tokens, 768),
  };
}
