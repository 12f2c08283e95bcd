import type { Pixels } from '../job.js';

/**
 * Small pictures straight from latents, one pixel a latent, without running the VAE.
 *
 * The linear map from a latent's channels to its colour is fitted by least squares to the pictures already decoded
 * by the same VAE, so that it serves every latent space and needs no table of factors; it is better after each one.
 */
export interface Preview {
  /** Learns from a decoded picture: `latents` `[C, h, w]` and its pixels, `factor` times as large on each side. */
  learn(latents: Float32Array, pixels: Pixels, factor: number): void;
  /** A picture of `width × height` latents, or undefined before the first `learn`. */
  draw(latents: Float32Array, width: number, height: number): Pixels | undefined;
}

/**
 * @param channels the VAE's latent channels
 * @example const preview = createPreview(4); preview.learn(latents, pixels, 8); preview.draw(latents, 64, 64);
 */
export function createPreview(channels: number): Preview {
  const size = channels + 1;
  // Normal equations of the fit: AᵀA [size, size] and Aᵀb [size, 3], with a constant 1 as the last feature.
  const gram = new Float64Array(size * size);
  const target = new Float64Array(size * 3);
  let factors: Float64Array | undefined;

  return {
    learn(latents, pixels, factor) {
      const width = pixels.width / factor;
      const area = latents.length / channels;
      const features = new Float64Array(size).fill(1);
      for (let i = 0; i < area; i++) {
        for (let c = 0; c < channels; c++) features[c] = latents[c * area + i]!;
        const colour = meanColour(pixels, (i % width) * factor, Math.floor(i / width) * factor, factor);
        for (let a = 0; a < size; a++) {
          for (let b = 0; b < size; b++) gram[a * size + b]! += features[a]! * features[b]!;
          for (let k = 0; k < 3; k++) target[a * 3 + k]! += features[a]! * colour[k]!;
        }
      }
      factors = solve(gram, target, size);
    },
    draw(latents, width, height) {
      if (!factors) return undefined;
      const area = width * height;
      const data = new Uint8Array(area * 3);
      for (let i = 0; i < area; i++) {
        for (let k = 0; k < 3; k++) {
          let value = factors[channels * 3 + k]!;
          for (let c = 0; c < channels; c++) value += factors[c * 3 + k]! * latents[c * area + i]!;
          data[i * 3 + k] = Math.min(255, Math.max(0, Math.round(value)));
        }
      }
      return { width, height, data };
    },
  };
}

function meanColour(pixels: Pixels, left: number, top: number, side: number): [number, number, number] {
  const sum: [number, number, number] = [0, 0, 0];
  for (let y = top; y < top + side; y++) {
    for (let x = left; x < left + side; x++) {
      const at = (y * pixels.width + x) * 3;
      for (let k = 0; k < 3; k++) sum[k]! += pixels.data[at + k]!;
    }
  }
  return [sum[0] / (side * side), sum[1] / (side * side), sum[2] / (side * side)];
}

/** Solves `(gram + ridge) · x = target` by Gauss–Jordan elimination; the ridge keeps flat pictures solvable. */
function solve(gram: Float64Array, target: Float64Array, size: number): Float64Array {
  const a = gram.slice();
  const x = target.slice();
  for (let i = 0; i < size; i++) a[i * size + i]! += 1e-3 * (1 + gram[size * size - 1]!);
  for (let pivot = 0; pivot < size; pivot++) {
    const divisor = a[pivot * size + pivot]!;
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue;
      const ratio = a[row * size + pivot]! / divisor;
      for (let column = pivot; column < size; column++)
        a[row * size + column]! -= ratio * a[pivot * size + column]!;
      for (let k = 0; k < 3; k++) x[row * 3 + k]! -= ratio * x[pivot * 3 + k]!;
    }
  }
  for (let i = 0; i < size; i++) for (let k = 0; k < 3; k++) x[i * 3 + k]! /= a[i * size + i]!;
  return x;
}
