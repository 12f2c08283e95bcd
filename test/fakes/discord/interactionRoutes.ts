import { MessageFlags, MessageType } from 'discord-api-types/v10';
import { type Bag, bag, list, number, text } from './bag.js';
import { flag } from './checkMessage.js';
import { checkModal } from './checkModal.js';
import { createForm } from './form.js';
import { answerLimit } from './limits.js';
import { editMessage, postMessage } from './messages.js';
import { Refusal } from './refusal.js';
import type { Call, Route } from './rest.js';
import type { Interaction, Stored, World } from './world.js';

const kind = { command: 2, component: 3, autocomplete: 4, modal: 5 } as const;
const answers = { message: 4, deferred: 5, deferredUpdate: 6, update: 7, choices: 8, modal: 9 } as const;

/** What each kind of interaction may be answered with. */
const allowed: Readonly<Record<number, readonly number[]>> = {
  [kind.command]: [4, 5, 9],
  [kind.component]: [4, 5, 6, 7, 9],
  [kind.autocomplete]: [8],
  [kind.modal]: [4, 5, 6, 7],
};

/** The first answer to an interaction: `POST /interactions/:interaction/:token/callback`. */
export function interactionRoutes(world: World): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/interactions/:interaction/:token/callback',
      byToken: true,
      answer: (call) => callback(world, call),
    },
  ];
}

function callback(world: World, call: Call): unknown {
  const interaction = world.interactions.get(call.params.interaction!);
  if (!interaction || interaction.token !== call.params.token) throw new Refusal(10062, { fault: true });
  // Its lateness is a breach already, if it is the bot's: startInteraction.ts watches.
  if (call.arrived - interaction.sentAt > answerLimit) throw new Refusal(10062);
  // Whoever gets an event twice cannot know that it has been answered.
  if (interaction.callback !== undefined) {
    const fault = interaction.deliveries.length < 2 && !interaction.excused;
    throw new Refusal(40060, { fault, detail: interaction.what });
  }
  const type = number(call.body.type);
  const data = bag(call.body.data);
  const form = createForm();
  const choices = allowed[interaction.type] ?? [];
  const updates: readonly number[] = [answers.deferredUpdate, answers.update];
  if (!choices.includes(type) || (updates.includes(type) && !interaction.source)) {
    form.wrong('type', 'BASE_TYPE_CHOICES', `Value must be one of {${choices.join(', ')}}, is ${type}.`);
  }
  form.check();
  answer(world, interaction, type, data, call);
  interaction.callback = type;
  interaction.settle(call.arrived - interaction.sentAt);
  world.changed();
  if (call.query.get('with_response') !== 'true') return undefined;
  const { original } = interaction;
  return {
    interaction: {
      id: interaction.id,
      type: interaction.type,
      ...(original && {
        response_message_id: original.json.id,
        response_message_loading: (number(original.json.flags) & MessageFlags.Loading) !== 0,
        response_message_ephemeral: original.reader !== undefined,
      }),
    },
    ...(original && { resource: { type, message: original.json } }),
  };
}

function answer(world: World, interaction: Interaction, type: number, data: Bag, call: Call): void {
  const form = createForm();
  if (type === answers.message) {
    interaction.original = respond(world, interaction, data, call);
  } else if (type === answers.deferred) {
    if ((number(data.flags) & ~flag.ephemeral) !== 0) {
      form.wrong(
        'data.flags',
        'INTERACTION_DEFERRED_FLAGS',
        'Only EPHEMERAL may be set with a deferred answer',
      );
    }
    form.check();
    interaction.original = respond(world, interaction, { flags: data.flags }, call, true);
  } else if (type === answers.deferredUpdate) {
    interaction.original = interaction.source;
  } else if (type === answers.update) {
    const source = interaction.source!;
    if (source.deletedAt !== undefined) throw new Refusal(10008);
    editMessage(world, source, data, call.uploads, { fileLimit: interaction.fileLimit });
    interaction.original = source;
  } else if (type === answers.choices) {
    form.count('data.choices', data.choices ?? [], 0, 25);
    for (const [index, choice] of list(data.choices).map(bag).entries()) {
      form.length(`data.choices.${index}.name`, choice.name, 1, 100);
      if (typeof choice.value !== 'number') form.length(`data.choices.${index}.value`, choice.value, 1, 100);
    }
    form.check();
    interaction.choices = list(data.choices)
      .map(bag)
      .map((raw) => ({ name: text(raw.name), value: raw.value as string | number, raw }));
  } else {
    const modal = checkModal(form, data, interaction);
    form.check();
    interaction.modal = modal;
  }
}

/** Posts what an interaction is answered with: its first message, or one that follows. */
export function respond(
  world: World,
  interaction: Interaction,
  body: Bag,
  call: Pick<Call, 'uploads'>,
  loading = false,
  following = false,
): Stored {
  const { channel, person, source, payload } = interaction;
  const isPrivate = interaction.hushed || (number(body.flags) & flag.ephemeral) !== 0;
  const target = following ? interaction.original : source;
  const menu = payload.type === kind.command && payload.data.type !== 1;
  const type = target
    ? MessageType.Reply
    : menu
      ? MessageType.ContextMenuCommand
      : MessageType.ChatInputCommand;
  const owners = payload.authorizing_integration_owners;
  const user = payload.member?.user ?? payload.user;
  return postMessage(world, channel, world.bot, body, call.uploads, {
    type,
    fileLimit: interaction.fileLimit,
    loading,
    ...(isPrivate && { reader: person.id }),
    extra: {
      application_id: world.bot.id,
      webhook_id: world.bot.id,
      interaction_metadata: {
        id: interaction.id,
        type: interaction.type,
        user,
        authorizing_integration_owners: owners,
        ...(source && { interacted_message_id: source.json.id }),
      },
      ...(target && {
        message_reference: {
          type: 0,
          channel_id: channel.id,
          message_id: target.json.id,
          guild_id: channel.guild?.id,
        },
      }),
    } as never,
  });
}
