import { readBytes, readTensor, type TensorInfo } from '../safetensors.js';
import type { Prediction } from './schedulers.js';
import type { Sidecar } from './sidecar.js';
import type { TensorFile } from './tensorFile.js';

const words: Readonly<Record<string, Prediction['type']>> = {
  v: 'v_prediction',
  'v-prediction': 'v_prediction',
  v_prediction: 'v_prediction',
  epsilon: 'epsilon',
  eps: 'epsilon',
};

/** Training steps of Stable Diffusion 2.0's base model, as diffusers knows it by. */
const baseSteps = 875_000n;
const telltale = 'model.diffusion_model.output_blocks.11.1.transformer_blocks.0.norm1.bias';
const mostTelltale = 100_000;

/**
 * What a single file's U-Net predicts. Who says so outright is believed, first of all a file beside it, then its
 * metadata (`modelspec.prediction_type`) and the empty tensors `v_pred` and `ztsnr` that trainers leave for it. Of a
 * Stable Diffusion 2 that says nothing, the bias of one norm tells: those trained to predict v at 768² have a standard
 * deviation above 0.09 there, those that predict noise at 512² one far below.
 *
 * @param of which kind of U-Net it is
 * @example await predictionOf(file, {}, 'sd2'); // { type: 'v_prediction', zeroSnr: false }
 */
export async function predictionOf(
  file: TensorFile,
  sidecar: Sidecar,
  of: 'sd2' | 'upscaler' | 'other',
): Promise<Prediction> {
  const zeroSnr = sidecar.zero_terminal_snr ?? file.tensors.has('ztsnr');
  const spec = file.metadata.get('modelspec.prediction_type')?.trim().toLowerCase();
  const said =
    sidecar.prediction_type ?? (spec !== undefined && Object.hasOwn(words, spec) ? words[spec] : undefined);
  if (said) return { type: said, zeroSnr };
  const isV = file.tensors.has('v_pred') || of === 'upscaler' || (of === 'sd2' && (await looksLikeV(file)));
  return { type: isV ? 'v_prediction' : 'epsilon', zeroSnr };
}

async function looksLikeV(file: TensorFile): Promise<boolean> {
  const steps = file.tensors.get('global_step');
  if (steps?.dtype === 'I64' && steps.length === 8 && (await readInt64(steps)) === baseSteps) return false;
  const bias = file.tensors.get(telltale);
  if (!bias || bias.length > mostTelltale || !/^(F32|F16|BF16)$/.test(bias.dtype)) return false;
  const values = await readTensor(bias);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return Math.sqrt(variance) > 0.09;
}

async function readInt64(info: TensorInfo): Promise<bigint> {
  const bytes = await readBytes(info);
  return new DataView(bytes.buffer).getBigInt64(0, true);
}
