const size = 624;
const shift = 397;

/**
 * MT19937, the 32-bit Mersenne twister of Matsumoto and Nishimura (1998), seeded as `init_genrand` and as
 * torch's CPU generator. Gives unsigned 32-bit words; only the seed's low 32 bits count, as in torch.
 *
 * @example createMersenneTwister(5489)(); // 3499211612
 */
export function createMersenneTwister(seed: number): () => number {
  const state = new Uint32Array(size);
  let next = size;
  state[0] = seed;
  for (let i = 1; i < size; i++) {
    const before = state[i - 1]!;
    state[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i;
  }

  function twist(): void {
    for (let i = 0; i < size; i++) {
      const word = (state[i]! & 0x80000000) | (state[i + 1 === size ? 0 : i + 1]! & 0x7fffffff);
      const far = state[i + shift < size ? i + shift : i + shift - size]!;
      state[i] = far ^ (word >>> 1) ^ (word & 1 ? 0x9908b0df : 0);
    }
    next = 0;
  }

  return () => {
    if (next === size) twist();
    let word = state[next++]!;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  };
}
