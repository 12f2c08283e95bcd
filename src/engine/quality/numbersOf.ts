import type { Quality } from '../../job.js';
import type { UNetHow } from '../model.js';

/**
 * The numbers that a drawing's U-Net and decoder compute in: only what is computed on the CPU has 8-bit products.
 *
 * @example model.unet(shape, undefined, numbersOf('fast')); // { numbers: 'int8' }
 */
export function numbersOf(quality: Quality): Pick<UNetHow, 'numbers'> {
  return quality === 'exact' ? {} : { numbers: 'int8' };
}
