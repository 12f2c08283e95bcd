import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { planTiles } from '../../../src/engine/upscaler/tiles.js';

const cases = fc
  .tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 12 }))
  .chain(([context, more]) =>
    fc.record({
      context: fc.constant(4 * context),
      tile: fc.constant(4 * (2 * context + more)),
      width: fc.integer({ min: 1, max: 100 }),
      height: fc.integer({ min: 1, max: 100 }),
    }),
  );

it('keeps each pixel once, none nearer to a cut than the context, and all tiles of one size', () => {
  fc.assert(
    fc.property(cases, ({ width, height, tile, context }) => {
      const kept = new Uint8Array(width * height);
      const tiles = planTiles(width, height, tile, context);
      for (const { across, down } of tiles) {
        for (const [stretch, side] of [
          [across, width],
          [down, height],
        ] as const) {
          const { start, length, keepFrom, keepTo } = stretch;
          expect(length).toBe(Math.min(tile, side));
          expect(start >= 0 && start + length <= side).toBe(true);
          expect(start === 0 || keepFrom - start >= context).toBe(true);
          expect(start + length === side || start + length - keepTo >= context).toBe(true);
        }
        for (let y = down.keepFrom; y < down.keepTo; y++)
          for (let x = across.keepFrom; x < across.keepTo; x++) kept[y * width + x]! += 1;
      }
      expect(kept.every((times) => times === 1)).toBe(true);
    }),
  );
});

test('cuts only where pixels that become channels allow it', () => {
  for (const { across } of planTiles(1000, 4, 96, 16)) {
    expect([across.start % 4, across.length % 4, across.keepFrom % 4, across.keepTo % 4]).toEqual([
      0, 0, 0, 0,
    ]);
  }
});
