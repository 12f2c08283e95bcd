/**
 * Kiln's U-Net in a process of its own, for `kiln bench`: opens a model as its one argument says and answers `call` as
 * the peers do (protocol.ts). Pictures go through the engine, as those that people ask for.
 */
import { createInterface } from 'node:readline';
import { openCheckpoint } from '../engine/checkpoint/folder.js';
import { createModel, type UNetHow } from '../engine/model.js';
import type { Device } from '../job.js';
import type { CallAsk, Ready } from './protocol.js';
import { unetFeeds } from './unetFeeds.js';

/** What the process is started with, as JSON. */
export interface KilnProcessOptions {
  readonly model: string;
  readonly device: Exclude<Device, 'auto'>;
  readonly cacheFolder: string;
  readonly threads?: number;
}

const { model: folder, ...options } = JSON.parse(process.argv[2]!) as KilnProcessOptions;

// Whoever reads may be gone; then the input ends too.
process.stdout.on('error', () => process.exit(0));

try {
  const began = performance.now();
  const checkpoint = await openCheckpoint(folder, options);
  const model = createModel(checkpoint, options);
  const open_seconds = (performance.now() - began) / 1000;
  say({ ready: true, versions: {}, open_seconds } satisfies Ready);

  const factor = checkpoint.vaeScaleFactor;
  const warm = new Set<string>();
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      const { width, height, batch, tokens, form } = JSON.parse(line) as CallAsk;
      const shape = { width: width / factor, height: height / factor, tokens };
      const unet = model.unet(shape, undefined, { form: form as UNetHow['form'] });
      const feeds = unetFeeds(checkpoint, shape, batch);
      // The first of a shape opens the graph, finds its memory, and does not count.
      const key = `${JSON.stringify(shape)} ${batch} ${form}`;
      if (!warm.has(key)) await unet.run(feeds);
      warm.add(key);
      const began = performance.now();
      await unet.run(feeds);
      say({ seconds: (performance.now() - began) / 1000 });
    } catch (error) {
      say({ error: sentence(error) });
    }
  }
  await model.close();
} catch (error) {
  say({ unavailable: sentence(error) });
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function sentence(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0]!;
}
