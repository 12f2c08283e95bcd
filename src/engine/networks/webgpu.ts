/**
 * The WebGPU target: NCHW, float32. ONNX Runtime's provider has the CPU target's kernels, so they share their layers.
 */
import { cpuTarget } from './cpu.js';
import type { Target } from './target.js';

export const webgpuTarget: Target = { ...cpuTarget, name: 'webgpu' };
