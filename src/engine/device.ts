import type { Device } from '../job.js';
import { whyNotOn } from './session.js';

/**
 * Where the networks will run. `auto` is the first CUDA GPU that loads, else the CPU: ONNX Runtime does not tell
 * whether a WebGPU adapter is a real one, and a software adapter is slower than the CPU provider, so WebGPU has to be
 * asked for.
 *
 * @throws UserError `no-device`, later, when the device that was asked for by name does not load.
 * @example await chooseDevice('auto'); // 'cpu' on a machine without a GPU
 */
export async function chooseDevice(device: Device): Promise<Exclude<Device, 'auto'>> {
  if (device === 'cuda') return 'cuda:0';
  if (device !== 'auto') return device;
  return (await whyNotOn('cuda:0')) === undefined ? 'cuda:0' : 'cpu';
}
