import { add, div, expm1, mul, sub } from './float32.js';
import { levelOfSigma, logSnr } from './prediction.js';
import { solve } from './solve.js';

export interface UnipcSolver {
  /** B(h) in the paper: `bh1` is h itself, `bh2` is eʰ − 1. */
  readonly solver_type: 'bh1' | 'bh2';
  /** Whether x₀ is integrated, or else ε. */
  readonly predict_x0: boolean;
}

/**
 * One step from σᵢ to σᵢ₊₁ by formula (3) of https://arxiv.org/abs/2302.04867: UniP from the predictions at
 * σᵢ, σᵢ₋₁, … (`predictions`, the newest first), or UniC when the prediction at σᵢ₊₁ (`reached`) is known
 * too.
 */
export function unipcStep(
  config: UnipcSolver,
  order: number,
  sigmas: Float32Array,
  i: number,
  x: Float32Array,
  predictions: readonly Float32Array[],
  reached?: Float32Array,
): Float32Array {
  const s = levelOfSigma(sigmas[i]!);
  const t = levelOfSigma(sigmas[i + 1]!);
  const lambda = logSnr(s);
  const h = sub(logSnr(t), lambda);
  const hh = config.predict_x0 ? -h : h;
  const phi1 = expm1(hh);
  const scale = config.solver_type === 'bh1' ? hh : phi1;
  const [m0, ...older] = predictions as [Float32Array, ...Float32Array[]];

  // How far back the older predictions lie, in units of the step, and their differences from the newest.
  const ratios: number[] = [];
  const differences: Float32Array[] = [];
  for (let k = 1; k < order; k++) {
    const ratio = div(sub(logSnr(levelOfSigma(sigmas[i - k]!)), lambda), h);
    ratios.push(ratio);
    differences.push(div(sub(older[k - 1]!, m0), ratio));
  }
  if (reached) {
    ratios.push(1);
    differences.push(sub(reached, m0));
  }

  const [from, to, keep] = config.predict_x0 ? [s.sigma, t.sigma, t.alpha] : [s.alpha, t.alpha, t.sigma];
  const base = sub(mul(div(to, from), x), mul(mul(keep, phi1), m0));
  if (differences.length === 0) return base;
  const weights = differenceWeights(ratios, hh, phi1, scale);
  const sum = differences.map((d, k) => mul(weights[k]!, d)).reduce((a, b) => add(a, b));
  return sub(base, mul(mul(keep, scale), sum));
}

/**
 * The weights ρ that make the step exact for polynomials: Σ ρₖ·rₖʲ⁻¹ = bⱼ. A single difference has weight ½,
 * the papers' simplification.
 */
function differenceWeights(ratios: readonly number[], hh: number, phi1: number, scale: number): number[] {
  if (ratios.length === 1) return [0.5];
  const rows: number[][] = [];
  const right: number[] = [];
  let phi = sub(div(phi1, hh), 1);
  let factorial = 1;
  for (let j = 1; j <= ratios.length; j++) {
    rows.push(ratios.map((ratio) => Math.fround(ratio ** (j - 1))));
    right.push(div(mul(phi, factorial), scale));
    factorial *= j + 1;
    phi = sub(div(phi, hh), 1 / factorial);
  }
  return solve(rows, right);
}
