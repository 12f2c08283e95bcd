import { describe, expect, it } from 'vitest';
import { alone, arrivals, meanAlone } from '../../bench/serve/arrivals.js';
import { figuresOf } from '../../bench/serve/figures.js';
import { policies } from '../../bench/serve/policies.js';
import { serveChart, serveMarkdown } from '../../bench/serve/report.js';
import { simulate } from '../../bench/serve/simulate.js';
import { callSeconds, type Times } from '../../bench/serve/times.js';
import { createVirtualTime } from '../../bench/serve/virtualTime.js';
import { sleep } from '../../src/clock.js';

/** Three sizes; each further row of a call takes `more` of the first. */
function timesOf(more: number): Times {
  const shape = (side: number, size: number): Times['shapes'][number] => ({
    ...{ width: side, height: side, encode: 0.01, decode: 0.1 * size, after: 0.02 },
    call: [1, 2, 4, 8, 16].map((rows) => ({ rows, seconds: 0.1 * size * (1 + (rows - 1) * more) })),
  });
  return { model: 'made up', device: 'nowhere', shapes: [shape(512, 1), shape(256, 0.25), shape(640, 1.6)] };
}

const at80 = (more: number, seed = 1, requests = 2000) => ({
  times: timesOf(more),
  requests,
  load: 0.8,
  seed,
});

it('the same seed gives the same requests and the same figures; another gives others', async () => {
  const [one, again, other] = [arrivals(at80(0.5)), arrivals(at80(0.5)), arrivals(at80(0.5, 2))];
  expect(again).toEqual(one);
  expect(other).not.toEqual(one);
  const figures = async (seed: number) => figuresOf(await simulate('continuous', at80(0.5, seed, 300)));
  expect(await figures(1)).toEqual(await figures(1));
  expect(await figures(2)).not.toEqual(await figures(1));
});

it('requests come as often as the load says, whatever they are of', () => {
  const { times, ...options } = at80(0.5, 1, 20_000);
  const asks = arrivals({ times, ...options });
  const work = asks.reduce((sum, ask) => sum + alone(times.shapes[ask.shape]!, ask), 0);
  expect(work / asks.at(-1)!.at).toBeCloseTo(0.8, 1);
  expect(work / asks.length / meanAlone(times)).toBeCloseTo(1, 1);
});

it.each(policies)(
  '%s: every request is drawn once, and none sooner than it could be alone',
  async (policy) => {
    const options = at80(0.2, 1, 500);
    const served = await simulate(policy, { ...options, load: 1.2 });
    expect(served.map(({ ask }) => Number(ask.id)).sort((a, b) => a - b)).toEqual([...Array(500).keys()]);
    for (const { ask, drawn } of served) {
      expect(drawn - ask.at).toBeGreaterThan(alone(options.times.shapes[ask.shape]!, ask) - 1e-6);
    }
  },
);

describe('at 80 % of what one at a time can draw, continuous batching', () => {
  it.each([
    ['that gains nothing', 1, 1, 1],
    ['that gains under 5 %', 0.92, 1, 1],
    ['that gains little', 0.8, 1, 0.99],
    ['that gains some', 0.65, 0.95, 0.9],
    ['that gains much', 0.4, 0.8, 0.7],
    ['on a machine that a call does not fill', 0.15, 0.6, 0.5],
  ])('%s: p50 and p95 are never worse, and better where a batch gains', async (_, more, p50, p95) => {
    const sums = { continuous: [0, 0], alone: [0, 0] };
    for (const seed of [1, 2]) {
      for (const [key, policy] of [
        ['continuous', 'continuous'],
        ['alone', 'one at a time'],
      ] as const) {
        const figures = figuresOf(await simulate(policy, at80(more, seed, 3000)));
        sums[key] = [sums[key][0]! + figures.p50, sums[key][1]! + figures.p95];
      }
    }
    const ratios = sums.continuous.map((sum, i) => sum / sums.alone[i]!);
    console.log(
      `a further row takes ${more} of the first: p50 ${ratios[0]!.toFixed(3)}, p95 ${ratios[1]!.toFixed(3)}`,
    );
    expect(ratios[0]).toBeLessThanOrEqual(p50 + 1e-9);
    expect(ratios[1]).toBeLessThanOrEqual(p95 + 1e-9);
  });
});

it('between two numbers of rows a call takes what is on the line between them, past them as much a row', () => {
  const shape = { call: [2, 4].map((rows) => ({ rows, seconds: rows + 1 })) };
  expect([1, 2, 3, 4, 8].map((rows) => callSeconds(shape, rows))).toEqual([1.5, 3, 4, 5, 10]);
});

it('virtual time goes on when everybody waits, in the order of what is due, and says when nothing is', async () => {
  const time = createVirtualTime();
  const order: string[] = [];
  const wait = async (name: string, milliseconds: number) => {
    await sleep(time, milliseconds);
    order.push(`${name} ${time.now()}`);
  };
  await time.run(Promise.all([wait('late', 3_600_000), wait('a', 5), wait('b', 5)]));
  expect(order).toEqual(['a 5', 'b 5', 'late 3600000']);
  await expect(time.run(new Promise(() => {}))).rejects.toThrow('nothing is due');
});

it('the report has a row for each policy and load, and a chart', async () => {
  const simulated = [];
  for (const policy of policies)
    simulated.push({ policy, load: 0.8, ...figuresOf(await simulate(policy, at80(0.5, 1, 100))) });
  const report = { times: timesOf(0.5), settings: { requests: 100, seeds: [1] }, simulated };
  const markdown = serveMarkdown(report);
  for (const policy of policies) expect(markdown).toContain(`| 80 % | ${policy} |`);
  expect(serveChart(report).subarray(1, 4).toString()).toBe('PNG');
});
