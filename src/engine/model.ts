import type { Device } from '../job.js';
import type { ControlNet } from './checkpoint/controlNet.js';
import type { Checkpoint, Component, TextEncoder } from './checkpoint/folder.js';
import { type Weights, weightsAs } from './checkpoint/weights.js';
import type { RunMarks, Size } from './drawing.js';
import { type KeptSessions, keepSessions, type Network } from './kept-sessions.js';
import { buildBert } from './networks/bert.js';
import { buildClip } from './networks/clip.js';
import { buildControlNet } from './networks/controlnet.js';
import { cpuTarget } from './networks/cpu.js';
import { cpuInt8Target } from './networks/cpu-int8.js';
import { createParams } from './networks/params.js';
import { plainTarget } from './networks/plain.js';
import { buildSafetyChecker } from './networks/safety.js';
import type { Params, Target } from './networks/target.js';
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
   * @param learned whether it takes vectors in place of some tokens' own
   */
  textEncoder(index: number, clipSkip?: number, learned?: boolean): Network;
  /** Alone, or in one graph with a ControlNet. */
  unet(shape: UNetShape, control?: ControlNet, how?: UNetHow): Network;
  /** Sizes are in latents. */
  decoder(size: Size, how?: Pick<UNetHow, 'numbers'>): Network;
  encoder(size: Size): Network;
  /** Always on the CPU; undefined where the checkpoint has none. */
  readonly safetyChecker: Network | undefined;
  /** Milliseconds spent so far on compiling and opening. */
  readonly loadTime: number;
  close(): Promise<void>;
}

/** What a U-Net's graph may save; neither when left out. */
export interface UNetHow {
  /** 8-bit products, on the CPU alone. */
  readonly numbers?: 'int8';
  /**
   * DeepCache (Ma et al. 2023, arXiv 2312.00858): `give` has the deep features as a second output, `take` has them as an
   * input and computes the outermost layers alone.
   */
  readonly features?: 'give' | 'take';
  /** For `kiln bench` to compare with: on CUDA in single floats, or anywhere of ONNX's own operators, run as written. */
  readonly form?: 'exact' | Plain;
}

type Plain = `plain ${Target['dtype']}`;

/** Builds a network, and a ControlNet with it where it has one. */
type Build = (p: Params, control?: Params) => void;

/** What a network computes in: one of its device's, or on the CPU whatever the device, or in 8 bits there. */
type Precision = keyof Targets | 'onCpu' | 'int8' | Plain;

export interface ModelOptions {
  readonly device: Exclude<Device, 'auto'>;
  readonly cacheFolder: string;
  /** Where weights that its own graphs alone need are kept; the cache folder when left out. */
  readonly graphsFolder?: string;
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
    build: Build,
    precision: Precision,
    control?: ControlNet,
  ): Promise<Session> {
    const began = performance.now();
    const device = precision === 'onCpu' ? 'cpu' : options.device;
    const target = await targetFor(precision, device);
    const graph = createGraph(name);
    const paramsOf = async (stored: Weights, prefix?: string) => {
      // CUDA's are converted while they are laid out for its kernels, 8-bit ones while they are quantised.
      const weights =
        target.name === 'cuda' || precision === 'int8'
          ? stored
          : await weightsAs(stored, 'F32', options.cacheFolder);
      return createParams(graph, weights, target, prefix);
    };
    build(
      await paramsOf(await component.weights()),
      control && (await paramsOf(control.weights, 'ControlNet')),
    );
    const cacheFolder = options.graphsFolder ?? options.cacheFolder;
    const asWritten = target.name === 'plain';
    const session = await openGraph(graph, { ...options, device, cacheFolder, asWritten });
    loadTime += performance.now() - began;
    return session;
  }

  async function targetFor(precision: Precision, device: ModelOptions['device']): Promise<Target> {
    if (precision === 'onCpu') return cpuTarget;
    if (precision === 'int8') return cpuInt8Target;
    if (precision === 'plain float32') return plainTarget('float32');
    if (precision === 'plain float16') return plainTarget('float16');
    return (await (targets ??= targetsOf(device)))[precision];
  }

  const network = (
    name: string,
    size: string,
    component: Component,
    build: Build,
    precision: Precision = 'usual',
    control?: ControlNet,
  ): Network => sessions.network(name, size, () => compile(name, component, build, precision, control));

  const { textEncoders, unet, vae, safetyChecker } = checkpoint;
  const inInt8 = (numbers: UNetHow['numbers']) => options.device === 'cpu' && numbers === 'int8';
  const sizeKey = ({ width, height }: Size) => `${width}×${height}`;

  return {
    checkpoint,
    get loadTime() {
      return loadTime;
    },

    textEncoder(index, skip = 0, learned = false) {
      const encoder = textEncoders[index]!;
      const name = `text_encoder${index === 0 ? '' : `_${index + 1}`}`;
      return network(name, `${skip}${learned ? ' learned' : ''}`, encoder, (p) => {
        if (encoder.kind === 'bert') return buildBert(p, encoder.config, checkpoint.textStates!.max_length);
        const states = isXl(checkpoint) ? 'penultimate' : 'last';
        return buildClip(p, encoder.config, {
          ...{ states, skip, learned },
          projected: givesTextEmbeds(checkpoint, encoder),
        });
      });
    },

    unet(shape, control, { numbers: wanted, features, form } = {}) {
      const numbers = inInt8(wanted) ? 'int8' : '';
      const of = `${shape.tokens}${control ? ` ${control.weights.hash}` : ''}`;
      const key = `${sizeKey(shape)}/${of} ${numbers} ${features ?? ''} ${form ?? ''}`.trimEnd();
      const timeIds = checkpoint.requiresAestheticsScore ? 5 : undefined;
      const build: Build = (p, more) => {
        const residuals = more && buildControlNet(more, control!.config, shape, unet.config.in_channels);
        buildUNet(p, unet.config, shape, { timeIds, residuals, features });
      };
      const opened = network('unet', key, unet, build, form ?? (numbers || 'usual'), control);
      return numbers === 'int8' ? { ...opened, alone: true } : opened;
    },

    decoder(size, { numbers } = {}) {
      const int8 = inInt8(numbers) && vae.kind === 'kl';
      const build: Build = (p) =>
        vae.kind === 'kl' ? buildVaeDecoder(p, vae.config, size) : buildTinyVaeDecoder(p, vae.config, size);
      const key = `${sizeKey(size)}${int8 ? ' int8' : ''}`;
      return network('vae decoder', key, vae, build, int8 ? 'int8' : vaePrecision(checkpoint));
    },

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
