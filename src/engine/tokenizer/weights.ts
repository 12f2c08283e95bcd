/**
 * Makes the states of weighted words count more or less: each token's state times its weight, then all states scaled
 * so that their mean is what it was, without which any weight would change the whole picture's contrast.
 * Source: AUTOMATIC1111/stable-diffusion-webui, modules/sd_emphasis.py, `EmphasisOriginal`.
 *
 * @param states the text encoder's output for one chunk, [S, D].
 * @param weights [S].
 * @returns [S, D]; `states` itself when every weight is 1.
 * @example applyWeights(states, chunk.weights);
 */
export function applyWeights(states: Float32Array, weights: Float32Array): Float32Array {
  if (weights.every((weight) => weight === 1)) return states;
  const width = states.length / weights.length;
  const weighted = states.map((x, i) => x * weights[Math.floor(i / width)]!);
  const scale = sum(states) / sum(weighted);
  // A mean near zero says nothing of the states' size, and must not blow them up or turn their sign.
  return scale > 0.1 && scale < 10 ? weighted.map((x) => x * scale) : weighted;
}

function sum(values: Float32Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
