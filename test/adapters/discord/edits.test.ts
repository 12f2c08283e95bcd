import { expect, test } from 'vitest';
import { createEdits } from '../../../src/adapters/discord/edits.js';
import { createHandClock } from '../../fixtures/handClock.js';

function bench() {
  const clock = createHandClock(0);
  const lost: unknown[] = [];
  const sent: { what: string; at: number }[] = [];
  const edits = createEdits<string>({ clock, interval: () => 3000, onLost: (error) => lost.push(error) });
  const send =
    (what: string, takes = 0) =>
    async () => {
      if (takes) await new Promise<void>((resolve) => clock.after(takes, resolve));
      sent.push({ what, at: clock.now() });
      return what;
    };
  return { clock, lost, sent, edits, send };
}

test('progress is sent at once, then every three seconds, always the newest', async () => {
  const { clock, edits, sent, send } = bench();
  const shown = ['1', '2', '3', '4'].map((step) => edits.progress('message', send(step)));
  await clock.advance(2999);
  expect(sent).toEqual([{ what: '1', at: 0 }]);
  await clock.advance(1);
  expect(sent).toEqual([
    { what: '1', at: 0 },
    { what: '4', at: 3000 },
  ]);
  expect(await Promise.all(shown)).toEqual(['1', undefined, undefined, '4']);
});

test('messages do not wait for each other', async () => {
  const { clock, edits, sent, send } = bench();
  edits.progress('one', send('one'));
  edits.progress('other', send('other'));
  await clock.advance(0);
  expect(sent.map(({ what }) => what)).toEqual(['one', 'other']);
});

test('what is final waits for what is on its way, drops what waits, and comes last', async () => {
  const { clock, edits, sent, send } = bench();
  edits.progress('message', send('slow', 1000));
  const dropped = edits.progress('message', send('dropped'));
  const final = edits.final('message', send('final'));
  await clock.advance(10_000);
  expect(await final).toBe('final');
  expect(await dropped).toBeUndefined();
  expect(sent).toEqual([
    { what: 'slow', at: 1000 },
    { what: 'final', at: 1000 },
  ]);
});

test('two finals go one after the other', async () => {
  const { clock, edits, sent, send } = bench();
  const both = [edits.final('message', send('one', 500)), edits.final('message', send('two', 1))];
  await clock.advance(1000);
  await Promise.all(both);
  expect(sent).toEqual([
    { what: 'one', at: 500 },
    { what: 'two', at: 501 },
  ]);
});

test('a final that fails tells its caller; progress that fails is let go', async () => {
  const { clock, edits, lost, sent, send } = bench();
  const fails = () => Promise.reject(new Error('no'));
  expect(await edits.progress('message', fails)).toBeUndefined();
  expect(lost).toEqual([new Error('no')]);
  await expect(edits.final('message', fails)).rejects.toThrow('no');
  await edits.final('message', send('again'));
  edits.progress('message', send('later'));
  await clock.advance(3000);
  expect(sent.map(({ what }) => what)).toEqual(['again', 'later']);
});

test('draining waits for what is on its way and drops the rest', async () => {
  const { clock, edits, sent, send } = bench();
  edits.progress('message', send('slow', 1000));
  edits.progress('message', send('dropped'));
  const drained = edits.drain();
  await clock.advance(60_000);
  await drained;
  expect(sent.map(({ what }) => what)).toEqual(['slow']);
});
