import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { UserError } from '../../src/errors.js';
import { decodePicture } from '../../src/image/decode.js';
import { fireCount } from './count.js';
import { hostileImages } from './hostileImages.js';

const mostSeconds = 5;
const mostBytes = 1e9;

// What a picture takes is measured, not when V8 gets round to freeing the ones before it.
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test(`${fireCount} hostile pictures are each refused clearly, or drawn, quickly and in little memory`, async () => {
  const wrong: string[] = [];
  let refused = 0;
  let slowest = { name: '', seconds: 0 };
  for await (const { name, bytes, refused: mustBeRefused } of hostileImages(fireCount)) {
    collectGarbage();
    const start = performance.now();
    const result = await decodePicture(bytes, 'it').catch((error: unknown) => error);
    const seconds = (performance.now() - start) / 1000;
    if (seconds > slowest.seconds) slowest = { name, seconds };
    if (seconds > mostSeconds) wrong.push(`${name}: took ${seconds.toFixed(1)} s`);
    if (result instanceof UserError) {
      refused++;
      if (!/^Cannot read it: found [^\n]+, want [^\n]+$/.test(result.message))
        wrong.push(`${name}: ${result.message}`);
    } else if (result instanceof Error) {
      wrong.push(`${name}: ${result.stack}`);
    } else if (mustBeRefused) {
      wrong.push(`${name}: was drawn`);
    } else {
      const { width, height, data } = result as Awaited<ReturnType<typeof decodePicture>>;
      if (data.length !== width * height * 3)
        wrong.push(`${name}: ${data.length} bytes for ${width}×${height}`);
    }
  }
  const peak = process.resourceUsage().maxRSS * 1024;
  console.log(
    `${fireCount} pictures, ${refused} refused; slowest ${slowest.seconds.toFixed(2)} s (${slowest.name}); ` +
      `peak ${(peak / 1e6).toFixed(0)} MB`,
  );
  expect(wrong).toEqual([]);
  expect(peak).toBeLessThan(mostBytes);
});
