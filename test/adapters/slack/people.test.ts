import { webApi } from '@slack/bolt';
import { expect, test } from 'vitest';
import { createPeople } from '../../../src/adapters/slack/people.js';
import { handClock } from './handClock.js';

function stage(answer: (method: string) => Promise<unknown>, admins: readonly string[] = []) {
  const clock = handClock();
  const calls: string[] = [];
  const api = (_team: string, method: string) => {
    calls.push(method);
    return answer(method);
  };
  return { clock, calls, people: createPeople({ api, clock, admins }) };
}

const user = { user: { name: 'ada', is_owner: true, profile: { display_name: 'Ada' } } };

test('a person is looked up once in five minutes, however many ask at once', async () => {
  const { clock, calls, people } = stage(async () => user);
  const found = await Promise.all([1, 2, 3].map(() => people.person('T0FOX', 'U0ADA')));
  expect(found[2]).toEqual({
    key: 'slack:T0FOX/U0ADA',
    id: 'U0ADA',
    name: 'Ada',
    admin: true,
    moderator: true,
    roles: [],
    makesEmoji: false,
  });
  await clock.pass(299_000);
  await people.person('T0FOX', 'U0ADA');
  expect(calls).toHaveLength(1);
  await clock.pass(2000);
  await people.person('T0FOX', 'U0ADA');
  expect(calls).toHaveLength(2);
});

test('one whom Slack does not tell about in time is nobody’s admin, unless listed, and is asked about again', async () => {
  let answer: Promise<unknown> = new Promise(() => {});
  const { people } = stage(() => answer, ['slack:T0FOX/U0EVE']);
  const [ada, eve] = await Promise.all([
    people.person('T0FOX', 'U0ADA', 'ada'),
    people.person('T0FOX', 'U0EVE'),
  ]);
  expect([ada.name, ada.admin]).toEqual(['ada', false]);
  expect([eve.name, eve.admin]).toEqual(['U0EVE', true]);
  answer = Promise.reject(new Error('busy'));
  expect((await people.person('T0FOX', 'U0BEA')).admin).toBe(false);
  answer = Promise.resolve(user);
  expect((await people.person('T0FOX', 'U0BEA')).admin).toBe(true);
});

test('Kiln is a member where Slack says so, a stranger where it says that there is no such channel', async () => {
  const gone = new webApi.WebAPIPlatformError({ ok: false, error: 'channel_not_found' });
  const answers: Record<string, () => Promise<unknown>> = {
    C1: async () => ({ channel: { is_member: true } }),
    C2: async () => ({ channel: { is_member: false } }),
    D1: async () => ({ channel: { is_im: true } }),
    G1: () => Promise.reject(gone),
    C3: () => Promise.reject(new Error('busy')),
  };
  for (const [channel, answer] of Object.entries(answers)) {
    const { people } = stage(answer);
    expect([channel, await people.member('T0FOX', channel)]).toEqual([
      channel,
      !['C2', 'G1'].includes(channel),
    ]);
    people.learn('T0FOX', channel, false);
    expect(await people.member('T0FOX', channel)).toBe(false);
  }
});
