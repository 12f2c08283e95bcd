import { expect, it } from 'vitest';
import { keepLately } from '../../src/engine/keepLately.js';

/** Values are as large as their keys are long. */
function keeper(most: number, bytes: number) {
  const worked: string[] = [];
  const keep = keepLately<string>({ most, bytes, sizeOf: (value) => value.length });
  const ask = (key: string) =>
    keep(key, async () => {
      worked.push(key);
      return key;
    });
  return { worked, ask };
}

it('what is asked for again is not worked out again, and what was used longest ago gives way', async () => {
  const { worked, ask } = keeper(2, 100);
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) expect(await ask(key)).toBe(key);
  expect(worked).toEqual(['a', 'b', 'c', 'b']);
});

it('no more is kept than may take memory, and what came last in any case', async () => {
  const { worked, ask } = keeper(9, 5);
  for (const key of ['aa', 'bb', 'aa', 'ccc', 'aa', 'bb']) await ask(key);
  expect(worked).toEqual(['aa', 'bb', 'ccc', 'bb']);
  for (const key of ['much too long', 'much too long']) await ask(key);
  expect(worked.slice(4)).toEqual(['much too long']);
});

it('two who ask at once wait for the same, and what failed is tried again', async () => {
  const { worked, ask } = keeper(9, 100);
  await Promise.all([ask('a'), ask('a')]);
  expect(worked).toEqual(['a']);
  const keep = keepLately<string>({ most: 9, bytes: 100, sizeOf: () => 1 });
  await expect(keep('x', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await keep('x', async () => 'yes')).toBe('yes');
});
