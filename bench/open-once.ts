/** One opening for bench/open.ts, in a process of its own: arguments are the checkpoint's and the cache's folder. */
import { openCheckpoint } from '../src/engine/checkpoint/folder.js';
import { privateMemory } from '../src/engine/memory.js';
import { createModel } from '../src/engine/model.js';
import type { UNetShape } from '../src/engine/networks/unet.js';
import type { Tensor } from '../src/engine/session.js';
import { openTokenizer } from '../src/engine/tokenizer/tokenizer.js';

const [folder, cacheFolder] = process.argv.slice(2) as [string, string];
// 64×64 pixels: what the first call costs is the weights' way into memory, not the arithmetic.
const shape: UNetShape = { width: 8, height: 8, tokens: 77 };

const before = privateMemory();
const began = performance.now();
const checkpoint = await openCheckpoint(folder, { cacheFolder });
const model = createModel(checkpoint, { device: 'cpu', cacheFolder });
await openTokenizer(checkpoint.textEncoders[0]!.tokenizerFolder, { encoder: 'clip' });
await model.textEncoder(0).open();
await model.unet(shape).open();
await model.decoder(shape).open();
const opened = performance.now();
const privateOpened = privateMemory() - before;

await model.unet(shape).run(feeds(shape));
const answered = performance.now();
const privateAnswered = privateMemory() - before;
await model.unet(shape).run(feeds(shape));
const again = performance.now();

const seconds = (from: number, to: number) => Number(((to - from) / 1000).toFixed(3));
console.log(
  JSON.stringify({
    open_seconds: seconds(began, opened),
    answered_seconds: seconds(began, answered),
    second_call_seconds: seconds(answered, again),
    private_mb_opened: Math.round(privateOpened / 1e6),
    private_mb_answered: Math.round(privateAnswered / 1e6),
  }),
);
await model.close();

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
