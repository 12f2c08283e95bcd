import { describe, expect, it } from 'vitest';
import { batch, broadcast, countOf, type Shape, showShape, sumOf } from '../../../src/engine/onnx/shape.js';

const twice = { times: 2 };
const shown = (shape: Shape | undefined) => shape && showShape(shape);

describe('broadcasting', () => {
  it.each<[Shape, Shape, string | undefined]>([
    [[2, 3], [2, 3], '[2,3]'],
    [[2, 3], [3], '[2,3]'],
    [[3, 1], [1, 4], '[3,4]'],
    [[], [5], '[5]'],
    [[batch, 320, 8, 8], [320, 1, 1], '[B,320,8,8]'],
    [[1, 4], [batch, 4], '[B,4]'],
    [[batch], [batch], '[B]'],
    [[2, 3], [2, 4], undefined],
    [[batch], [2], undefined],
    [[batch], [twice], undefined],
  ])('of %j and %j', (a, b, expected) => {
    expect(shown(broadcast(a, b))).toBe(expected);
    expect(shown(broadcast(b, a))).toBe(expected);
  });
});

describe('the count of elements', () => {
  it.each<[Shape, string | undefined]>([
    [[], '[1]'],
    [[2, 3, 4], '[24]'],
    [[batch, 77, 4], '[308B]'],
    [[batch, batch], undefined],
  ])('of %j', (shape, expected) => {
    const count = countOf(shape);
    expect(count && showShape([count])).toBe(expected);
  });
});

describe('a sum of dims', () => {
  it('is of rows or of numbers, never of both', () => {
    expect(sumOf([2, 3])).toBe(5);
    expect(sumOf([batch, twice])).toEqual({ times: 3 });
    expect(sumOf([batch, 2])).toBeUndefined();
  });
});
