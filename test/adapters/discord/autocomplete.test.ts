import { expect, test } from 'vitest';
import { answerTyping } from '../../../src/adapters/discord/autocomplete.js';
import { createMessages } from '../../../src/adapters/discord/messages.js';
import { systemClock } from '../../../src/clock.js';
import { connected } from '../../fakes/discord/connected.js';
import { startFakeDiscord } from '../../fakes/discord/fakeDiscord.js';

test('what Discord does not wait for any more is no failure, and anything else is', async () => {
  const discord = await startFakeDiscord();
  const client = await connected(discord);
  const option = { name: 'model', label: 'Model', about: 'Which', type: 'string', required: false } as const;
  const typing = {
    ...{
      kind: 'autocomplete' as const,
      id: '1400000000000000001',
      token: 'gone',
      typed: 's',
      person: { key: 'discord:1' },
    },
    option: { ...option, suggest: 'models' },
  } as const;
  const tools = {
    suggest: async () => ['sprite'],
    messages: createMessages(client.rest),
    clock: systemClock,
  };
  await answerTyping(typing, tools);
  expect(discord.forgive(/10062 Unknown interaction/)).toHaveLength(1);
  discord.storm({ status: 'close', count: 1 });
  await expect(answerTyping(typing, tools)).rejects.toThrow();
  await client.destroy();
  await discord.close();
});
