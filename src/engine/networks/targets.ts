import type { Device } from '../../job.js';
import { cpuTarget } from './cpu.js';
import type { Target } from './target.js';
import { webgpuTarget } from './webgpu.js';

/** What networks are built for to run on `device`. */
export function targetOf(device: Exclude<Device, 'auto'>): Target {
  return device === 'webgpu' ? webgpuTarget : cpuTarget;
}
