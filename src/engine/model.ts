import type { Device } from '../job.js';
import type { Checkpoint, Component, TextEncoder } from './checkpoint/folder.js';
import { weightsAs } from './checkpoint/weights.js';
import type { RunMarks, Size } from './drawing.js';
import { type KeptSessions, keepSessions, type Network } from './kept-sessions.js';
import { buildBert } from './networks/bert.js';
import { buildClip } from './networks/clip.js';
import { cpuTarget } from './networks/cpu.js';
import { createParams } from './networks/params.js';
import { buildSafetyChecker } from './networks/safety.js';
import type { Params } from './networks/target.js';
import { type Targets, targetsOf, vaePrecision } from './networks/targets.js';
import { buildTinyVaeDecoder, buildTinyVaeEncoder } from './networks/tiny-vae.js';
import { buildUNet, type UNetShape } from './networks/unet.js';
import { buildVaeDecoder, buildVaeEncoder } from './networks/vae.js';
import { createGraph } from './onnx/graph.js';
import { openGraph } from './openGraph.js';
import type { Session } from './session.js';

/** A checkpoint's networks, each compiled and opened when it is first used. */
export interface Model {
  readonly checkpoint: Checkpoint;
  /**
   * @param index in the checkpoint's `textEncoders`
   * @param clipSkip layers of CLIP left out at its end; 0 when left out
   */
  textEncoder(index: number, clipSkip?: number): Network;
  unet(shape: UNetShape): Network;
  /** Sizes are in latents. */
  decoder(size: Size): Network;
  encoder(size: Size): Network;
  /** Always on the CPU; undefined where the checkpoint has none. */
  readonly safetyChecker: Network | undefined;
  /** Milliseconds spent so far on compiling and opening. */
  readonly loadTime: number;
  close(): Promise<void>;
}

export interface ModelOptions {
  readonly device: Exclude<Device, 'auto'>;
  readonly cacheFolder: string;
  readonly threads?: number;
  readonly onRun?: RunMarks;
  /** Where its sessions are kept, so that several models share one budget; its own when left out. */
  readonly sessions?: KeptSessions;
}

/**
 * Sizes whose graphs are kept. A graph's shapes are fixed, and on the CPU large weights are shared between graphs by
 * their memory map, so that a size costs little more than its activations.
 */
export const keptSizes = 4;

/**
 * The networks of `checkpoint` on one device.
 *
 * @throws UserError `bad-model` where a network does not fit its weights, `no-device`, `out-of-memory`.
 * @example const unet = createModel(checkpoint, { device: 'cpu', cacheFolder }).unet({ width: 64, height: 64, tokens: 77 });
 */
export function createModel(checkpoint: Checkpoint, options: ModelOptions): Model {
  const sessions = options.sessions ?? keepSessions({ most: keptSizes });
  let targets: Promise<Targets> | undefined;
  let loadTime = 0;

  async function compile(
    name: string,
    component: Component,
    build: (p: Params) => void,
    precision: keyof Targets | 'onCpu',
  ): Promise<Session> {
    const began = performance.now();
    const device = precision === 'onCpu' ? 'cpu' : options.device;
    const target = precision === 'onCpu' ? cpuTarget : (await (targets ??= targetsOf(device)))[precision];
    const own = await component.weights();
    // CUDA's are converted while they are laid out for its kernels.
    const weights = target.name === 'cuda' ? own : await weightsAs(own, 'F32', options.cacheFolder);
    const graph = createGraph(name);
    build(createParams(graph, weights, target));
    const session = await openGraph(graph, { ...options, device });
    loadTime += performance.now() - began;
    return session;
  }

  const network = (
    name: string,
    size: string,
    component: Component,
    build: (p: Params) => void,
    precision: keyof Targets | 'onCpu' = 'usual',
  ): Network => sessions.network(name, size, () => compile(name, component, build, precision));

  const { textEncoders, unet, vae, safetyChecker } = checkpoint;
  const sizeKey = ({ width, height }: Size) => `${width}×${height}`;

  return {
    checkpoint,
    get loadTime() {
      return loadTime;
    },

    textEncoder(index, skip = 0) {
      const encoder = textEncoders[index]!;
      return network(`text_encoder${index === 0 ? '' : `_${index + 1}`}`, String(skip), encoder, (p) => {
        if (encoder.kind === 'bert') return buildBert(p, encoder.config, checkpoint.textStates!.max_length);
        const states = isXl(checkpoint) ? 'penultimate' : 'last';
        return buildClip(p, encoder.config, {
          states,
          skip,
          projected: givesTextEmbeds(checkpoint, encoder),
        });
      });
    },

    unet: (shape) =>
      network('unet', `${sizeKey(shape)}/${shape.tokens}`, unet, (p) =>
        buildUNet(p, unet.config, shape, { timeIds: checkpoint.requiresAestheticsScore ? 5 : undefined }),
      ),

    decoder: (size) =>
      network(
        'vae decoder',
        sizeKey(size),
        vae,
        (p) =>
          vae.kind === 'kl' ? buildVaeDecoder(p, vae.config, size) : buildTinyVaeDecoder(p, vae.config, size),
        vaePrecision(checkpoint),
      ),

    encoder(size) {
      const factor = checkpoint.vaeScaleFactor;
      const pixels = { width: size.width * factor, height: size.height * factor };
      return network(
        'vae encoder',
        sizeKey(size),
        vae,
        (p) =>
          vae.kind === 'kl'
            ? buildVaeEncoder(p, vae.config, pixels)
            : buildTinyVaeEncoder(p, vae.config, pixels),
        vaePrecision(checkpoint),
      );
    },

    safetyChecker:
      safetyChecker &&
      network(
        'safety checker',
        '',
        safetyChecker,
        (p) => buildSafetyChecker(p, safetyChecker.config),
        'onCpu',
      ),

    close: () => sessions.close(),
  };
}

/** Whether a text encoder is asked for `text_embeds` beside its states. */
export function givesTextEmbeds(checkpoint: Checkpoint, encoder: TextEncoder): boolean {
  return encoder.kind === 'clip' && encoder.projection && isXl(checkpoint);
}

/** Whether the context is made as SDXL's pipelines make it. */
export function isXl({ pipelineClass }: Checkpoint): boolean {
  return pipelineClass.startsWith('StableDiffusionXL');
}
