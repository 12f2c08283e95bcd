import { canny } from '../image/canny.js';
import { resizePixels } from '../image/resize.js';
import { scribble } from '../image/scribble.js';
import type { ControlDetector, Pixels } from '../job.js';
import { type ControlNet, controlNetIdentity, openControlNet } from './checkpoint/controlNet.js';
import type { Checkpoint } from './checkpoint/folder.js';
import type { ControlSettings } from './controlSettings.js';
import type { RowInput } from './denoiser.js';
import type { Size } from './drawing.js';
import { sideError } from './sideError.js';
import { findSideModel } from './sideModels.js';

/** A request's ControlNet, opened, and its picture as the network sees it. */
export interface PreparedControl {
  readonly net: ControlNet;
  /** Tells U-Nets with this ControlNet from others. */
  readonly key: string;
  /**
   * Whether it acts in the `n`th call of the U-Net, from 0. Outside of its part of the steps the U-Net is drawn with
   * alone: what adds nothing need not be computed.
   */
  acts(n: number): boolean;
  /** The U-Net's further inputs where it acts, with so many rows a call. */
  inputs(rows: number): Readonly<Record<string, RowInput | readonly RowInput[]>>;
}

export interface Controls {
  /**
   * @param size of the latents
   * @param calls of the U-Net that the draw makes
   * @throws UserError `bad-option` for a ControlNet that there is none of or that does not fit the model, `bad-model`
   */
  prepare(control: ControlSettings, size: Size, calls: number): Promise<PreparedControl>;
}

const detectors: Readonly<Record<ControlDetector, (picture: Pixels) => Pixels>> = { canny, scribble };

/**
 * The ControlNets of one model, each opened once as long as its files stay as they are.
 *
 * @example const control = await createControls(checkpoint, { cacheFolder, modelFolders }).prepare(settings, size, 20);
 */
export function createControls(
  checkpoint: Checkpoint,
  options: { readonly cacheFolder: string; readonly modelFolders?: readonly string[] },
): Controls {
  const opened = new Map<string, { readonly identity: string; readonly net: Promise<ControlNet> }>();

  async function open(path: string, name: string): Promise<ControlNet> {
    const identity = await controlNetIdentity(path);
    const known = opened.get(path);
    if (known?.identity === identity) return known.net;
    const opening = openControlNet(path, name, checkpoint, options);
    opened.set(path, { identity, net: opening });
    // A bad file may be replaced, a full disk have room, by the time it is asked for again.
    opening.catch(() => {
      if (opened.get(path)?.net === opening) opened.delete(path);
    });
    return opening;
  }

  return {
    async prepare({ name, file, image, scale, start, end, detect }, { width, height }, calls) {
      const path = await findSideModel('controlnets', { name, file }, options.modelFolders ?? []);
      const net = await open(path, name).catch((error) => {
        throw sideError(error, 'ControlNet', name, path);
      });
      const factor = checkpoint.vaeScaleFactor;
      const resized = resizePixels(image, width * factor, height * factor);
      const seen = detect ? detectors[detect](resized) : resized;
      const picture: RowInput = {
        data: planes(seen, net.config.controlnet_conditioning_channel_order),
        rowDims: [3, seen.height, seen.width],
      };
      const scaled = (by: number): RowInput => ({ data: Float32Array.of(by), rowDims: [] });
      return {
        net,
        key: net.weights.hash,
        acts: (n) => n / calls >= start && (n + 1) / calls <= end,
        inputs: (rows) => ({
          control_cond: picture,
          control_scale: net.config.global_pool_conditions
            ? // As diffusers' guess mode, which is always on for these: it sees the prompt's row alone.
              Array.from({ length: rows }, (_, row) => scaled(row === rows - 1 ? scale : 0))
            : scaled(scale),
        }),
      };
    },
  };
}

/** A picture as [3, H, W] in 0…1. Source: diffusers' `VaeImageProcessor` without `do_normalize`. */
function planes({ width, height, data }: Pixels, order: 'rgb' | 'bgr'): Float32Array {
  const area = width * height;
  const result = new Float32Array(3 * area);
  for (let channel = 0; channel < 3; channel++) {
    const from = order === 'rgb' ? channel : 2 - channel;
    for (let i = 0; i < area; i++) result[channel * area + i] = data[3 * i + from]! / 255;
  }
  return result;
}
