import { describe, expect, it } from 'vitest';
import { deathError } from '../../src/engine/death.js';

const ended = { code: null, signal: null, output: '' };
const draw = 'Cannot finish drawing: the engine';
const next = '; the next draw starts a fresh one';

describe('deathError', () => {
  it.each([
    [
      { ...ended, signal: 'SIGKILL' as const },
      `${draw} was killed (SIGKILL), which often means that memory ran out${next}`,
    ],
    [{ ...ended, signal: 'SIGSEGV' as const }, `${draw} crashed (SIGSEGV)${next}`],
    [{ ...ended, code: 134 }, `${draw} ended by itself with exit code 134${next}`],
    [{ ...ended, notStarted: new Error('spawn EAGAIN') }, `${draw} did not start (spawn EAGAIN)${next}`],
    [
      { ...ended, code: 1, output: 'Error: /home/me is private' },
      `${draw} ended by itself with exit code 1${next}`,
    ],
  ])('says in one sentence how the process ended in mid-draw', (death, sentence) => {
    expect(deathError(death, 'draw', 120)).toMatchObject({ code: 'engine-died', message: sentence });
  });

  it.each([
    [
      "terminate called after throwing an instance of 'std::bad_alloc'\n  what(): std::bad_alloc",
      /: terminate called after .*bad_alloc'$/,
    ],
    ['node:internal/x\n\nTypeError: no\n    at f (x.js:1:1)', /: TypeError: no$/],
    ['FATAL ERROR: Reached heap limit', /: FATAL ERROR: Reached heap limit$/],
    ['nothing that helps', /exit code 1$/],
    [`Error: ${'long '.repeat(1000)}`, /^.{200,400}$/],
  ])('adds the line that tells why when opening fails', (output, message) => {
    expect(deathError({ ...ended, code: 1, output }, 'open', 120).message).toMatch(message);
  });

  it.skipIf(process.platform === 'win32')('tells a hung run from a crash', () => {
    const error = deathError({ ...ended, signal: 'SIGALRM' }, 'draw', 120);
    expect(error.code).toBe('engine-hung');
    expect(error.message).toBe(`${draw} was ended because one run took over 120 s${next}`);
  });
});
