import { describe, expect, test } from 'vitest';
import { extendPicture } from '../../src/image/extend.js';
import type { Pixels } from '../../src/job.js';

/** Each pixel's red is its column, its green its row. */
function picture(width: number, height: number): Pixels {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const at = Math.floor(i / 3);
    return [at % width, Math.floor(at / width), 7][i % 3]!;
  });
  return { width, height, data };
}
const none = { left: 0, top: 0, right: 0, bottom: 0 };
const colour = ({ width, data }: Pixels, x: number, y: number) => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];
const whites = ({ width, height, data }: Pixels) =>
  Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => (data[(y * width + x) * 3] === 255 ? '#' : '.')).join(''),
  );

describe('a picture is extended', () => {
  test('where margins are asked for, in the colours of the nearest edge', () => {
    const { picture: wide } = extendPicture(picture(16, 8), { ...none, left: 8, bottom: 16 }, 8);
    expect([wide.width, wide.height]).toEqual([24, 24]);
    expect(colour(wide, 0, 3)).toEqual([0, 3, 7]);
    expect(colour(wide, 8 + 5, 3)).toEqual([5, 3, 7]);
    expect(colour(wide, 23, 23)).toEqual([15, 7, 7]);
  });

  test('with a mask that reaches into it by what a latent stands for', () => {
    const { mask } = extendPicture(picture(8, 4), { ...none, right: 4 }, 2);
    expect(whites(mask)).toEqual(Array(4).fill('......######'));
  });

  test('so that no latent stands for pixels of both and is kept', () => {
    for (const left of [0, 1, 5, 8, 13])
      for (const right of [0, 3, 8]) {
        const { mask } = extendPicture(picture(48, 8), { ...none, left, right }, 8);
        const row = whites(mask)[0]!;
        expect(row.length % 8).toBe(0);
        const start = right === 0 && left > 0 ? row.length - 48 : left;
        for (let cell = 0; cell < row.length; cell += 8) {
          const isNew = row[cell] === '#';
          const own = [...Array(8).keys()].every((i) => cell + i >= start && cell + i < start + 48);
          if (!isNew) expect(own, `${left} ${right} ${cell}`).toBe(true);
        }
      }
  });

  test.each([
    [{ ...none, right: 3 }, 24, 'right'],
    [{ ...none, left: 3 }, 24, 'left'],
    [{ ...none, left: 3, right: 1 }, 24, 'right'],
  ] as const)('to a multiple of the model: %o becomes %i wide, by the %s', (margins, width, side) => {
    const { picture: extended } = extendPicture(picture(17, 8), margins, 8);
    expect(extended.width).toBe(width);
    const start = side === 'left' ? 24 - 17 : margins.left;
    expect(colour(extended, start + 4, 0)[0]).toBe(4);
  });

  test('and what its own mask hides stays hidden', () => {
    const own = picture(8, 8);
    own.data.fill(0);
    own.data.fill(255, 0, 3);
    const { mask } = extendPicture(picture(8, 8), { ...none, bottom: 8 }, 8, own);
    expect(whites(mask)[0]).toBe('#.......');
    expect(whites(mask).slice(8)).toEqual(Array(8).fill('########'));
  });

  test('however small it is', () => {
    const { picture: one, mask } = extendPicture(picture(1, 1), { ...none, left: 7, bottom: 7 }, 8);
    expect([one.width, one.height]).toEqual([8, 8]);
    expect(whites(mask)[0]).toBe('#######.');
  });
});
