import { MessageType } from 'discord.js';
import { type Command, optionsOf } from '../../command.js';
import type { Request } from '../../request.js';
import { attachmentOf, inside, leastUpload, type Surroundings } from './options.js';
import { personOf } from './person.js';
import { rawMessage } from './raw.js';
import type { DiscordTarget } from './target.js';

export interface MessageSurroundings extends Surroundings {
  /** What somebody's roles allow in a guild, and what Kiln's own do. */
  permissions(
    guild: string,
    person: string,
    roles: readonly string[],
  ): Promise<{ readonly theirs: bigint; readonly own: bigint }>;
}

/**
 * What a MESSAGE_CREATE asks for: a picture, where it mentions Kiln or is written to it alone; undefined for what is
 * not meant for it. A message that is nothing but a command's name is that command.
 *
 * @example await readMessage({ content: '<@1234> a red fox', … }, around) // imagine, { typed: 'a red fox' }
 */
export async function readMessage(
  raw: unknown,
  around: MessageSurroundings,
): Promise<{ readonly request: Request; readonly target: DiscordTarget } | undefined> {
  const { data: message } = rawMessage.safeParse(raw);
  const self = around.self();
  if (!message || !self || message.author.bot || message.webhook_id || message.author.id === self)
    return undefined;
  if (message.type !== MessageType.Default && message.type !== MessageType.Reply) return undefined;
  const { guild_id: server, channel_id: channel, author } = message;
  const mention = new RegExp(`<@!?${self}>`, 'g');
  if (server && !mention.test(message.content)) return undefined;

  const typed = message.content.replace(mention, ' ').trim();
  // The second of two is a mask for the first.
  const [image, mask] = message.attachments
    .filter(({ content_type }) => content_type?.startsWith('image/'))
    .map(attachmentOf);
  const command = image ? undefined : commandIn(typed, around.commands);
  const roles = message.member?.roles ?? [];
  const permissions = server ? await around.permissions(server, author.id, roles) : undefined;
  const key = `discord:message:${message.id}`;
  const target: DiscordTarget = {
    platform: 'discord',
    event: key,
    channel,
    requester: author.id,
    limit: leastUpload,
    member: true,
    reply: message.id,
  };
  const request: Request = {
    key,
    command: command ?? 'imagine',
    options: command ? {} : { typed, ...(image && { image }), ...(mask && { mask }) },
    person: personOf(
      {
        user: author,
        nick: message.member?.nick,
        roles,
        permissions: permissions?.theirs,
        ownPermissions: permissions?.own,
      },
      around.admins,
    ),
    place: {
      platform: 'discord',
      ...(server && { server }),
      ...inside(channel, server && (await around.parent(channel))),
      direct: !server,
      ageRestricted: server ? await around.ageRestricted(channel) : false,
      member: true,
    },
    target,
  };
  return { request, target };
}

/** The command that the words are the name of; `help` for none at all. */
function commandIn(typed: string, commands: readonly Command[]): string | undefined {
  const word = typed === '' ? 'help' : typed.toLowerCase().replace(/^\//, '');
  return commands.find(
    (command) =>
      command.name === word &&
      command.ways.includes('typed') &&
      optionsOf(command).every(({ required }) => !required),
  )?.name;
}
