import type { UNetHow } from '../engine/model.js';

/** One of the article's columns: in which numbers the U-Net computes, and whether its graph is fused. */
export interface Form {
  readonly name: 'fp32' | 'fp16' | 'fp32 fused' | 'fp16 fused';
  /** Which graph that is; undefined is the one that Kiln draws with. */
  readonly form?: UNetHow['form'];
  /** Why there is none here. */
  readonly unavailable?: string;
}

/**
 * The U-Net's graphs on a device: unfused is of ONNX's own operators, run as they are written; fused is Kiln's.
 *
 * @example formsOn('cpu').map(({ name }) => name); // ['fp32', 'fp16', 'fp32 fused', 'fp16 fused']
 */
export function formsOn(device: string): readonly Form[] {
  if (device.startsWith('cuda'))
    return [
      { name: 'fp32', form: 'plain float32' },
      { name: 'fp16', form: 'plain float16' },
      { name: 'fp32 fused', form: 'exact' },
      { name: 'fp16 fused' },
    ];
  const unavailable =
    device === 'webgpu'
      ? 'Kiln computes in float32 on WebGPU, as Node is not told whether the adapter has float16'
      : "ONNX Runtime's CPU provider computes in float32: half floats would be converted at each operator";
  return [
    { name: 'fp32', form: 'plain float32' },
    { name: 'fp16', unavailable },
    { name: 'fp32 fused' },
    { name: 'fp16 fused', unavailable },
  ];
}
