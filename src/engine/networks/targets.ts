import type { Device } from '../../job.js';
import { cpuTarget } from './cpu.js';
import type { Target } from './target.js';

/** What networks are built for to run on `device`. */
export function targetOf(_device: Exclude<Device, 'auto'>): Target {
  return cpuTarget;
}
