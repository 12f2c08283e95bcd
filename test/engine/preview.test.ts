import { describe, expect, it } from 'vitest';
import { createPreview } from '../../src/engine/preview.js';

describe('a preview', () => {
  it('is undefined before a picture was decoded', () => {
    expect(createPreview(4).draw(new Float32Array(16), 2, 2)).toBeUndefined();
  });

  it('finds the colours when they are a linear function of the latents', () => {
    const width = 16;
    const area = width * width;
    const latents = Float32Array.from({ length: 2 * area }, (_, i) => Math.sin(i * 1.7) * Math.cos(i * 0.3));
    const colour = (i: number) => [100 + 40 * latents[i]!, 120 - 30 * latents[area + i]!, 90];
    const data = new Uint8Array(4 * area * 3);
    for (let y = 0; y < 2 * width; y++) {
      for (let x = 0; x < 2 * width; x++) {
        const i = Math.floor(y / 2) * width + Math.floor(x / 2);
        data.set(colour(i).map(Math.round), (y * 2 * width + x) * 3);
      }
    }
    const preview = createPreview(2);
    preview.learn(latents, { width: 2 * width, height: 2 * width, data }, 2);
    const drawn = preview.draw(latents, width, width)!;
    const worst = Math.max(
      ...drawn.data.map((value, at) => Math.abs(value - colour(Math.floor(at / 3))[at % 3]!)),
    );
    expect(drawn).toMatchObject({ width, height: width });
    expect(worst).toBeLessThan(3);
  });
});
