import type { Device } from '../job.js';

/** Whether a text names a device: auto, cpu, webgpu, cuda, or cuda:N. */
export function isDevice(text: string): text is Device {
  return /^(auto|cpu|webgpu|cuda(:\d{1,3})?)$/.test(text);
}
