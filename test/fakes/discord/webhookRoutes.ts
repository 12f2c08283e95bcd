import { MessageFlags } from 'discord-api-types/v10';
import { number } from './bag.js';
import { respond } from './interactionRoutes.js';
import { tokenLimit } from './limits.js';
import { editMessage, removeMessage } from './messages.js';
import { Refusal } from './refusal.js';
import type { Call, Route } from './rest.js';
import type { Interaction, Stored, World } from './world.js';

/** Follow-ups that a user install allows where the bot is no member. */
const externalFollowups = 5;
const bucket = { limit: 5, milliseconds: 2000 };

/** What an interaction's token lets do for fifteen minutes. */
export function webhookRoutes(world: World): readonly Route[] {
  function known(call: Call): Interaction {
    const { app, token } = call.params;
    const interaction = world.byToken.get(token!);
    if (app !== world.bot.id || !interaction) throw new Refusal(10015);
    const age = world.now() - interaction.createdAt;
    if (age > tokenLimit) {
      throw new Refusal(50027, { detail: `${interaction.what}, ${Math.round(age / 1000)} s ago` });
    }
    if (interaction.callback === undefined) {
      // A bot that died with it cannot know whether its answer still arrived.
      const cut = interaction.deliveries.some(({ open }) => !open());
      throw new Refusal(10015, { fault: !cut && !interaction.excused, detail: 'not answered yet' });
    }
    return interaction;
  }

  function message(call: Call): { interaction: Interaction; stored: Stored } {
    const interaction = known(call);
    const { message: id } = call.params;
    const { original, followups } = interaction;
    const stored =
      id === '@original' ? original : [original, ...followups].find((each) => each?.json.id === id);
    if (!stored || stored.deletedAt !== undefined || interaction.channel.gone) throw new Refusal(10008);
    return { interaction, stored };
  }

  const path = '/webhooks/:app/:token';
  const one = `${path}/messages/:message`;
  return [
    {
      method: 'POST',
      path,
      byToken: true,
      bucket,
      answer(call) {
        const interaction = known(call);
        const { original, followups, fileLimit } = interaction;
        if (interaction.channel.gone) throw new Refusal(10003);
        // The first one takes the place of a deferred answer.
        if (original && (number(original.json.flags) & MessageFlags.Loading) !== 0) {
          if (original.deletedAt !== undefined) throw new Refusal(10008);
          const flags = number(call.body.flags) & (MessageFlags.IsComponentsV2 | MessageFlags.SuppressEmbeds);
          editMessage(world, original, { ...call.body, flags }, call.uploads, { fileLimit });
          return original.json;
        }
        if (interaction.external && followups.length >= externalFollowups) throw new Refusal(40094);
        const stored = respond(world, interaction, call.body, call, false, true);
        followups.push(stored);
        world.changed();
        return stored.json;
      },
    },
    { method: 'GET', path: one, byToken: true, bucket, answer: (call) => message(call).stored.json },
    {
      method: 'PATCH',
      path: one,
      byToken: true,
      bucket,
      answer(call) {
        const { interaction, stored } = message(call);
        editMessage(world, stored, call.body, call.uploads, { fileLimit: interaction.fileLimit });
        return stored.json;
      },
    },
    {
      method: 'DELETE',
      path: one,
      byToken: true,
      bucket,
      answer(call) {
        removeMessage(world, message(call).stored);
      },
    },
  ];
}
