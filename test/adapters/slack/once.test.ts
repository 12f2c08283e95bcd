import { afterEach, beforeEach, expect, test } from 'vitest';
import { botScopes } from '../../../src/adapters/slack/methods.js';
import type { Target } from '../../../src/request.js';
import type { FakeSlack } from '../../fakes/slack/contract.js';
import { draw, openStage, type Stage } from './stage.js';

const final = { weight: 'final', key: 'k' } as const;
const end = { text: ['Drawn'] };

let stage: Stage;
let slack: FakeSlack;
beforeEach(async () => {
  stage = await openStage('Socket Mode');
  ({ slack } = stage);
});
afterEach(async () => {
  await stage.close();
  slack.assertNoBreach();
});

/** What the log has of a request whose process died before it could say more. */
async function accepted(send: () => Promise<unknown>): Promise<Target> {
  stage.answer = async () => {};
  const before = stage.requests.length;
  await send();
  return (await slack.until(() => stage.requests[before])).target;
}

test('a message that cannot be looked for is not posted, for it may be there', async () => {
  const channel = slack.channel();
  const target = await accepted(() => slack.user().mention(channel, 'a fox'));
  await stage.restart();
  slack.storm({ status: 503, methods: ['conversations.replies'] });
  await expect(stage.adapter.show(target, end, final)).rejects.toThrow();
  expect(slack.messages(channel)).toHaveLength(1);
  slack.calm();
  await stage.adapter.show(target, end, final);
  expect(slack.messages(channel)).toHaveLength(2);
});

test('where Kiln may not look, it answers all the same', async () => {
  await stage.close();
  const scopes = botScopes.filter((scope) => !scope.endsWith(':history'));
  stage = await openStage('Socket Mode', {}, { scopes });
  ({ slack } = stage);
  slack.tolerate('missing_scope');
  const channel = slack.channel();
  const target = await accepted(() => slack.user().mention(channel, 'a fox'));
  await stage.restart();
  await stage.adapter.show(target, end, final);
  expect(slack.messages(channel)).toHaveLength(2);
  expect(slack.tolerated).not.toEqual([]);
});

test('an answer through a response URL that may have arrived is not sent again: the asker is told', async () => {
  const closed = slack.channel({ bot: false });
  const ada = slack.user();
  const target = await accepted(() => ada.slash('/imagine', 'a fox', closed));
  slack.storm({ status: 'lost', methods: ['response_url'], count: 1 });
  await expect(stage.adapter.show(target, end, final)).rejects.toThrow();
  // The process dies, and what it knew beyond the log is gone.
  await stage.restart();
  expect(await stage.adapter.show(target, end, final)).toMatchObject({ responded: true });
  const [shown, told, ...more] = slack.messages(closed);
  expect(shown).toMatchObject({ shown: 'Drawn', ephemeralTo: undefined });
  expect(told).toMatchObject({ ephemeralTo: ada.id });
  expect(told!.shown).toContain('/kiln history');
  expect(more).toEqual([]);
});

test('an answer that a response URL refused is sent again', async () => {
  const closed = slack.channel({ bot: false });
  const target = await accepted(() => slack.user().slash('/imagine', 'a fox', closed));
  slack.storm({ status: 503, methods: ['response_url'], count: 1 });
  await expect(stage.adapter.show(target, end, final)).rejects.toThrow();
  await stage.adapter.show(target, end, final);
  expect(slack.messages(closed).map(({ shown }) => shown)).toEqual(['Drawn']);
  const kept = JSON.parse(stage.memory.get('slack/answering')!);
  expect(Object.keys(kept)).toEqual([target.mark]);
});

test('an event is not acknowledged before its row is there, however long that takes', {
  timeout: 20_000,
}, async () => {
  let write = () => {};
  const written = new Promise<void>((resolve) => {
    write = resolve;
  });
  stage.answer = async (request, responder) => {
    await written;
    await draw(stage, request, responder);
  };
  const channel = slack.channel();
  const said = slack.user().mention(channel, 'a fox', { mayFail: true });
  await new Promise((resolve) => setTimeout(resolve, 3500));
  write();
  const { attempts } = await said;
  expect(attempts[0]!.reason).toBe('timeout');
  await slack.until(() => slack.messages(channel).find(({ images }) => images.length === 1));
  expect(stage.requests).toHaveLength(1);
});
