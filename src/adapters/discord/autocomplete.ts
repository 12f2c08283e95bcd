import { InteractionResponseType } from 'discord.js';
import { type Clock, sleep } from '../../clock.js';
import type { AdapterTools } from '../tools.js';
import { codeOf, codes } from './discordError.js';
import type { Messages } from './messages.js';
import type { Incoming } from './options.js';

/** Discord's limits. */
const mostChoices = 25;
const mostLength = 100;
/** Discord waits three seconds. */
const patience = 2000;

/**
 * Answers what is being typed with values that fit; with none when they do not come in time.
 *
 * @example await answerTyping(incoming, { suggest, messages, clock });
 */
export async function answerTyping(
  { id, token, option, typed, person, server }: Extract<Incoming, { kind: 'autocomplete' }>,
  { suggest, messages, clock }: Pick<AdapterTools, 'suggest'> & { messages: Messages; clock: Clock },
): Promise<void> {
  const asking = { person, place: { platform: 'discord', server } } as const;
  const values = await Promise.race([
    suggest(option.suggest!, typed, asking, mostChoices).catch(() => []),
    sleep(clock, patience).then(() => []),
  ]);
  const choices = [...new Set(values)]
    .filter((value) => value.length > 0 && value.length <= mostLength)
    .slice(0, mostChoices)
    .map((value) => ({ name: value, value }));
  try {
    await messages.respond({ id, token }, InteractionResponseType.ApplicationCommandAutocompleteResult, {
      choices,
    });
  } catch (error) {
    // Who types on does not wait for it.
    if (codeOf(error) !== codes.unknownInteraction) throw error;
  }
}
