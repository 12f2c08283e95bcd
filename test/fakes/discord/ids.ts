const epoch = 1_420_070_400_000;

/**
 * Makes snowflakes: time since 2015 in the high bits, always growing, 17 to 19 digits as discord.js's routes want.
 *
 * @param now milliseconds since 1970
 */
export function createIds(now: () => number): () => string {
  let last = 0n;
  return () => {
    const since = BigInt(Math.max(Math.floor(now()) - epoch, 2 ** 36)) << 22n;
    last = since > last ? since : last + 1n;
    return last.toString();
  };
}
