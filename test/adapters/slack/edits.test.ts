import { webApi } from '@slack/bolt';
import { expect, test } from 'vitest';
import { createEdits } from '../../../src/adapters/slack/edits.js';
import { handClock } from './handClock.js';

const team = 'T0FOX';

function stage() {
  const clock = handClock();
  const sent: { readonly what: string; readonly at: number }[] = [];
  const began = clock.now();
  const edits = createEdits(clock);
  const send = (what: string) => async () => {
    sent.push({ what, at: clock.now() - began });
  };
  return { clock, sent, edits, send, names: () => sent.map(({ what }) => what) };
}

test('changes of one workspace are at most 50 a minute, those of another go on', async () => {
  const { clock, edits, send, sent } = stage();
  for (let job = 0; job < 200; job++) void edits.edit(team, `m${job}`, 'final', send('fox'));
  void edits.edit('T0OWL', 'm', 'final', send('owl'));
  await clock.pass(59_999);
  expect(sent.filter(({ what }) => what === 'fox').length).toBeLessThanOrEqual(50);
  expect(sent.filter(({ what }) => what === 'fox').length).toBeGreaterThan(45);
  expect(sent.find(({ what }) => what === 'owl')?.at).toBe(0);
});

test('final changes go before progress, and progress is the latest alone', async () => {
  const { clock, edits, send, names } = stage();
  await edits.edit(team, 'a', 'progress', send('a1'));
  for (const step of [1, 2, 3]) {
    await edits.edit(team, 'b', 'progress', send(`b${step}`));
    await edits.edit(team, 'c', 'progress', send(`c${step}`));
  }
  const final = edits.edit(team, 'd', 'final', send('d'));
  await clock.pass(10_000);
  await final;
  expect(names()).toEqual(['a1', 'd', 'b3', 'c3']);
});

test('a message’s final change takes the place of its progress, and nothing comes after it', async () => {
  const { clock, edits, send, names } = stage();
  await edits.edit(team, 'a', 'progress', send('first'));
  await edits.edit(team, 'b', 'progress', send('step'));
  const final = edits.edit(team, 'b', 'final', send('end'));
  await edits.edit(team, 'b', 'progress', send('late'));
  await clock.pass(10_000);
  await final;
  expect(names()).toEqual(['first', 'end']);
});

test('two changes of one message are never under way at once', async () => {
  const { clock, edits, send, names } = stage();
  let end = () => {};
  const slow = new Promise<void>((resolve) => {
    end = resolve;
  });
  void edits.edit(team, 'a', 'progress', () => slow);
  const final = edits.edit(team, 'a', 'final', send('end'));
  await clock.pass(10_000);
  expect(names()).toEqual([]);
  end();
  await clock.pass(10_000);
  await final;
  expect(names()).toEqual(['end']);
});

test('what Slack refuses for being too much waits as long as it says, the final one first', async () => {
  const { clock, edits, send, sent } = stage();
  let refusals = 2;
  const refused = async () => {
    if (refusals-- > 0) throw new webApi.WebAPIRateLimitedError(30);
    await send('end')();
  };
  const final = edits.edit(team, 'a', 'final', refused);
  await edits.edit(team, 'b', 'progress', send('step'));
  await clock.pass(120_000);
  await final;
  expect(sent).toEqual([
    { what: 'end', at: 60_000 },
    { what: 'step', at: 61_250 },
  ]);
});

test('any other failure is the caller’s', async () => {
  const { edits } = stage();
  const failing = edits.edit(team, 'a', 'final', async () => {
    throw new Error('message_not_found');
  });
  await expect(failing).rejects.toThrow('message_not_found');
});
