import { add, div, exp, mul, sqrt, sub } from './float32.js';
import type { Level } from './prediction.js';

export type Algorithm = 'dpmsolver' | 'dpmsolver++' | 'sde-dpmsolver' | 'sde-dpmsolver++';

/** What x, the prediction, its first two differences and the noise are multiplied with in one step. */
interface Coefficients {
  readonly x: number;
  readonly prediction: number;
  /** For the first difference, in the second-order `midpoint` solver. */
  readonly midpoint: number;
  /** For the first difference, in the second-order `heun` solver and in the third order. */
  readonly slope: number;
  /** For the second difference, in the third order. */
  readonly curvature: number;
  readonly noise: number;
}

/**
 * The coefficients of a step from level `s` to level `t`, `h` = λ(t) − λ(s) apart, in float32 and in the
 * order of operations of diffusers' `DPMSolverMultistepScheduler`. `h` is infinite where σ(t) is 0.
 */
export function coefficients(algorithm: Algorithm, h: number, s: Level, t: Level): Coefficients {
  switch (algorithm) {
    case 'dpmsolver++': {
      const drop = sub(exp(-h), 1);
      const whole = mul(t.alpha, drop);
      return {
        x: div(t.sigma, s.sigma),
        prediction: -whole,
        midpoint: mul(-0.5, whole),
        slope: mul(t.alpha, add(div(drop, h), 1)),
        curvature: -mul(t.alpha, sub(div(add(drop, h), mul(h, h)), 0.5)),
        noise: 0,
      };
    }
    case 'dpmsolver': {
      const growth = sub(exp(h), 1);
      const whole = mul(t.sigma, growth);
      return {
        x: div(t.alpha, s.alpha),
        prediction: -whole,
        midpoint: mul(-0.5, whole),
        slope: -mul(t.sigma, sub(div(growth, h), 1)),
        curvature: -mul(t.sigma, sub(div(sub(growth, h), mul(h, h)), 0.5)),
        noise: 0,
      };
    }
    case 'sde-dpmsolver++': {
      const h2 = mul(2, h);
      const loss = sub(1, exp(-h2));
      const whole = mul(t.alpha, loss);
      return {
        x: mul(div(t.sigma, s.sigma), exp(-h)),
        prediction: whole,
        midpoint: mul(0.5, whole),
        slope: mul(t.alpha, add(div(loss, -h2), 1)),
        curvature: mul(t.alpha, sub(div(sub(loss, h2), mul(h2, h2)), 0.5)),
        noise: mul(t.sigma, sqrt(loss)),
      };
    }
    case 'sde-dpmsolver': {
      const growth = sub(exp(h), 1);
      const whole = mul(t.sigma, growth);
      return {
        x: div(t.alpha, s.alpha),
        prediction: mul(-2, whole),
        midpoint: -whole,
        slope: mul(-2, mul(t.sigma, sub(div(growth, h), 1))),
        // diffusers has no third order here; the config's check refuses it.
        curvature: Number.NaN,
        noise: mul(t.sigma, sqrt(sub(exp(mul(2, h)), 1))),
      };
    }
  }
}
