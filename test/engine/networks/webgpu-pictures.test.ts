import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../../src/engine/engine.js';
import { decodePicture } from '../../../src/image/decode.js';
import type { Pixels } from '../../../src/job.js';
import { checkpointFolder } from '../../fixtures/checkpoint.js';
import { differenceOf } from '../../fixtures/difference.js';
import { familiesFolder, recordedPictures, requestOf } from '../../fixtures/families.js';
import { swiftshaderEnv, withoutSwiftshader } from '../../fixtures/swiftshader.js';

const cacheFolder = await mkdtemp(join(tmpdir(), 'kiln-webgpu-'));
afterAll(() => rm(cacheFolder, { recursive: true }));

/** Few steps, as a step takes seconds, of every kind of text encoder, with guidance and without, and from a picture. */
const names: Readonly<Record<string, readonly string[]>> = {
  'sprite-tiny': ['plain'],
  'sdxl-turbo': ['steps-1', 'img2img'],
};

describe.skipIf(withoutSwiftshader()).each(Object.entries(names))(
  'on WebGPU, by SwiftShader, %s draws as its diffusers pipeline does',
  (family, names) => {
    it(names.join(' and '), async () => {
      const engine = await openEngine({
        model: await checkpointFolder(family),
        device: 'webgpu',
        cacheFolder,
        env: swiftshaderEnv(),
      });
      try {
        const all = await recordedPictures();
        for (const recorded of all.filter(
          (picture) => picture.family === family && names.includes(picture.name),
        )) {
          const { file } = recorded;
          const { pixels, device } = await engine.draw(await requestOf(recorded));
          expect(device).toBe('webgpu');
          const wanted = await pixelsOf(file);
          expect([pixels.width, pixels.height]).toEqual([wanted.width, wanted.height]);
          const { difference } = differenceOf(pixels.data, wanted.data);
          expect(difference, `largest difference of ${file}, in 255ths`).toBeLessThanOrEqual(8);
          expect(meanDifference(pixels, wanted), `mean difference of ${file}`).toBeLessThanOrEqual(0.5);
        }
      } finally {
        await engine.close();
      }
    }, 300_000);
  },
);

async function pixelsOf(file: string): Promise<Pixels> {
  return decodePicture(await readFile(join(familiesFolder, file)));
}

function meanDifference(found: Pixels, wanted: Pixels): number {
  return found.data.reduce((sum, value, i) => sum + Math.abs(value - wanted.data[i]!), 0) / found.data.length;
}
