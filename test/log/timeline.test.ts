import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTimeline } from '../../src/log/timeline.js';

test('whatever the range, what happens in it stands in the last span that starts before it', () => {
  fc.assert(
    fc.property(
      fc.nat(2 ** 41),
      fc.integer({ min: 1, max: 2 ** 36 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (from, length, part) => {
        const timeline = createTimeline({ from, to: from + length });
        const at = from + Math.min(length - 1, Math.floor(part * length));
        timeline.delivered(at);
        timeline.delivered(from - 1);
        timeline.delivered(from + length);
        const index = timeline.spans.findLastIndex((span) => span.at <= at);
        expect(timeline.spans.map(({ jobs }) => jobs)).toEqual(
          timeline.spans.map((_, n) => (n === index ? 1 : 0)),
        );
        expect(timeline.spans).toHaveLength(Math.min(48, length));
        expect(timeline.spans[0]?.at).toBe(from);
      },
    ),
  );
});
