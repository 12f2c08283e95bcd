import { describe, expect, it } from 'vitest';
import { createPace, type PacedDrawing } from '../../../src/engine/tiny/pace.js';

describe('what is made now and then', () => {
  it('takes no more than its share of the time, whatever it costs, after the first', async () => {
    const { clock, pace } = begun(0.05);
    const drawing = pace.drawing();
    let spent = 0;
    for (let step = 0; step < 500; step++) {
      clock.time += 40;
      const cost = 20 + (step % 7) * 15;
      const wait = drawing.take(async () => {
        clock.time += cost;
        spent += cost;
      });
      await wait;
    }
    expect(spent / clock.time).toBeLessThan(0.07);
    expect(spent / clock.time).toBeGreaterThan(0.02);
  });

  it('is not begun in a drawing that is over before it is worth it', async () => {
    const { clock, pace } = begun(0.05);
    await pace.drawing().take(async () => void (clock.time += 100));
    clock.time += 1_000_000;
    const drawing = pace.drawing();
    clock.time += 1800;
    expect(drawing.take(async () => {})).toBeUndefined();
    clock.time += 200;
    expect(drawing.take(async () => {})).toBeInstanceOf(Promise);
  });

  it('goes round among drawings, and nobody waits for one that has ended', async () => {
    const { clock, pace } = begun(0.5);
    const [a, b, c] = [pace.drawing(), pace.drawing(), pace.drawing()];
    const had: string[] = [];
    const ask = async (name: string, drawing: PacedDrawing) => {
      await drawing.take(async () => {
        clock.time += 10;
        had.push(name);
      });
    };
    for (let step = 0; step < 12; step++) {
      clock.time += 20;
      for (const [name, drawing] of [
        ['a', a],
        ['b', b],
        ['c', c],
      ] as const)
        await ask(name, drawing);
    }
    const counts = ['a', 'b', 'c'].map((name) => had.filter((one) => one === name).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
    b.end();
    c.end();
    had.length = 0;
    for (let step = 0; step < 4; step++) {
      clock.time += 20;
      await ask('a', a);
    }
    expect(had.length).toBeGreaterThanOrEqual(3);
  });

  it('goes on after a failure', async () => {
    const { clock, pace } = begun(0.5);
    const drawing = pace.drawing();
    await expect(drawing.take(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    clock.time += 1;
    expect(drawing.take(async () => {})).toBeInstanceOf(Promise);
  });
});

function begun(share: number) {
  const clock = { time: 0 };
  return { clock, pace: createPace(share, () => clock.time) };
}
