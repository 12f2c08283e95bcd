import { describe, expect, it } from 'vitest';
import { fromWire, toWire } from '../../src/engine/messages.js';
import { UserError } from '../../src/errors.js';

const travel = (error: unknown) => fromWire(structuredClone(toWire(error)));

describe('an error that crosses the process border', () => {
  it('stays a UserError with its code and sentence', () => {
    const error = travel(new UserError('bad-model', 'Cannot open: found a pickle, want safetensors'));
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({
      code: 'bad-model',
      message: 'Cannot open: found a pickle, want safetensors',
    });
  });

  it('keeps stacks and causes out of its sentence and in its cause', () => {
    const error = travel(new TypeError('two\nlines', { cause: 'a string' }));
    expect(error).not.toBeInstanceOf(UserError);
    expect(error.message).toBe('The engine failed: two');
    const { stack } = error.cause as Error;
    expect(stack).toMatch(/^TypeError: two\nlines\n {4}at /);
    expect(stack).toMatch(/\nCaused by: a string$/);
  });

  it.each([
    ['a string', 'a string'],
    [undefined, 'undefined'],
    [42, '42'],
  ])('takes %j, which is no Error', (thrown, said) => {
    expect(travel(thrown).message).toBe(`The engine failed: ${said}`);
  });
});
