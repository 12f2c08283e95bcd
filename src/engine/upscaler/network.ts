import { openWeightFile, weightsAs } from '../checkpoint/weights.js';
import { keepSessions } from '../kept-sessions.js';
import { buildCompact, compactReach } from '../networks/compact.js';
import { createParams } from '../networks/params.js';
import { buildRrdb, rrdbReach } from '../networks/rrdb.js';
import type { Size } from '../networks/target.js';
import { type Targets, targetsOf } from '../networks/targets.js';
import { createGraph } from '../onnx/graph.js';
import { type OpenGraphOptions, openGraph } from '../openGraph.js';
import type { Session } from '../session.js';
import { architectureOf } from './architecture.js';

/** An upscaling network on one device, compiled and opened for each size of tile when it is first used. */
export interface UpscalerNetwork {
  /** Sides become this many times as long. */
  readonly scale: number;
  /** The class that trained it: `RRDBNet`, `SRVGGNetCompact`. */
  readonly className: string;
  /** SHA-256 over its weights. */
  readonly hash: string;
  /** Sides must be multiples of this many pixels, and at least `least`. */
  readonly multiple: number;
  readonly least: number;
  /** The most pixels of a side to be computed at once. */
  readonly tile: number;
  /** Pixels past what is kept of a tile that it has to see. */
  readonly context: number;
  /** A picture [3,H,W] in 0…1 → [3,H·s,W·s] in about 0…1. */
  run(picture: Float32Array, size: Size): Promise<Float32Array>;
  /** Milliseconds spent so far on compiling and opening. */
  readonly loadTime: number;
  close(): Promise<void>;
}

/** One tile's size, and that of what is left of a side. */
const keptSizes = 4;
/**
 * Bytes of the largest activation of a tile. A session on the CPU takes about four times that: docs/decisions/upscalers.md.
 */
const activationBytes = 2 ** 27;
const [leastTile, mostTile] = [96, 512];
/**
 * Past this many pixels nothing that comes in shows: the networks reach further on paper (RRDBNet of 23 blocks 350
 * pixels), but each block adds a fifth of what it sees. Real-ESRGAN's own tiles see 10.
 */
const mostContext = 16;

/**
 * Opens an upscaler's file.
 *
 * @throws UserError `bad-model` for what cannot be read or trusted or is of no known kind, `bad-output`, `no-device`.
 * @example const { scale } = await openUpscalerNetwork('/m/upscalers/x4.safetensors', { device: 'cpu', cacheFolder });
 */
export async function openUpscalerNetwork(file: string, options: OpenGraphOptions): Promise<UpscalerNetwork> {
  const weights = await openWeightFile(file, options);
  const { config, scale, tensors } = architectureOf(weights.tensors, file);
  const named = { tensors, hash: weights.hash };
  const sessions = keepSessions({ most: keptSizes });
  let targets: Promise<Targets> | undefined;
  let loadTime = 0;

  async function compile(size: Size): Promise<Session> {
    const began = performance.now();
    const target = (await (targets ??= targetsOf(options.device))).usual;
    const own = target.name === 'cuda' ? named : await inSingles();
    const graph = createGraph('upscaler');
    const p = createParams(graph, own, target);
    if (config.kind === 'rrdb') buildRrdb(p, config, size);
    else buildCompact(p, config, size);
    const session = await openGraph(graph, options);
    loadTime += performance.now() - began;
    return session;
  }

  /** The file's own names were taken for the conversion, which keeps them. */
  async function inSingles() {
    const converted = await weightsAs(weights, 'F32', options.cacheFolder);
    return { tensors: architectureOf(converted.tensors, file).tensors, hash: converted.hash };
  }

  const unshuffle = config.kind === 'rrdb' ? config.unshuffle : 1;
  // Only RRDBNet has layers at the enlarged size.
  const area = config.kind === 'rrdb' ? scale ** 2 : 1;
  const side = Math.sqrt(activationBytes / (4 * config.features * area));
  const reach = config.kind === 'rrdb' ? rrdbReach(config) : compactReach(config);
  return {
    scale,
    className: config.kind === 'rrdb' ? 'RRDBNet' : 'SRVGGNetCompact',
    hash: weights.hash,
    // As spandrel has it: four for the pixels that become channels, whether by twos or by fours.
    multiple: unshuffle > 1 ? 4 : 1,
    least: config.kind === 'rrdb' ? 2 : 1,
    tile: Math.min(mostTile, Math.max(leastTile, side - (side % 8))),
    context: 4 * Math.ceil(Math.min(reach, mostContext) / 4),
    get loadTime() {
      return loadTime;
    },

    async run(picture, size) {
      const { height, width } = size;
      const network = sessions.network('upscaler', `${width}×${height}`, () => compile(size));
      const dims = [1, 3, height, width];
      const { enlarged } = await network.run({ picture: { dtype: 'float32', dims, data: picture } });
      return enlarged!.data as Float32Array;
    },

    close: () => sessions.close(),
  };
}
