/** One opening and one step at 512×512 for bench/true-size.ts, in a process of its own: the checkpoint, the cache folder. */
import { openPipeline } from '../src/engine/pipeline.js';

const [model, cacheFolder] = process.argv.slice(2) as [string, string];
const began = performance.now();
const elapsed = () => Number(((performance.now() - began) / 1000).toFixed(1));
const pipeline = await openPipeline({ model, device: 'cpu', cacheFolder });
const open = elapsed();
const request = { prompt: 'a red fox', width: 512, height: 512, steps: 1, seed: 0 };
const { timings } = await pipeline.draw(request, { signal: new AbortController().signal, preview: false });
const parts = Object.entries(timings).map(([name, time]) => [name, Math.round(time / 100) / 10]);
console.log(JSON.stringify({ open, picture: elapsed(), ...Object.fromEntries(parts) }));
await pipeline.close();
