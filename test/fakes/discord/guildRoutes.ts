import { type APIEmoji, ChannelType } from 'discord-api-types/v10';
import { list, text } from './bag.js';
import { createForm } from './form.js';
import { channelJson, memberJson, restGuildJson, roleJson, userJson } from './json.js';
import { holds, permissionsInGuild } from './permissions.js';
import { Refusal } from './refusal.js';
import type { Call, Route } from './rest.js';
import type { Guild, World } from './world.js';

const bucket = { limit: 10, milliseconds: 10_000 };
const emojiBytes = 256 * 1024;
const emojisMost = 50;

/** A guild's members, roles and emojis; users and their direct messages. */
export function guildRoutes(
  world: World,
  directWith: (user: string) => { readonly id: string },
): readonly Route[] {
  function inside(call: Call): Guild {
    const guild = world.guilds.get(call.params.guild!);
    if (!guild) throw new Refusal(10004);
    if (!guild.bot) throw new Refusal(50001);
    return guild;
  }

  function createEmoji(call: Call): APIEmoji {
    const guild = inside(call);
    if (!holds(permissionsInGuild(guild, world.bot), 'CreateGuildExpressions')) throw new Refusal(50013);
    const { name, image } = call.body;
    const form = createForm();
    form.length('name', name, 2, 32);
    if (!/^\w*$/.test(text(name))) {
      form.wrong('name', 'STRING_TYPE_REGEX', 'String value did not match validation regex.');
    }
    const [, type, data] = /^data:image\/(png|jpe?g|gif|webp|avif);base64,(.+)$/.exec(text(image)) ?? [];
    if (data === undefined) {
      form.wrong('image', 'IMAGE_INVALID', 'Invalid image data');
    } else if (Buffer.from(data, 'base64').length > emojiBytes) {
      form.wrong('image', 'BINARY_TYPE_MAX_SIZE', 'File cannot be larger than 256.0 kb.');
    }
    form.check();
    if (guild.emojis.length >= emojisMost) throw new Refusal(30008);
    const emoji: APIEmoji = {
      id: world.id(),
      name: text(name),
      roles: list(call.body.roles).map(text),
      user: userJson(world.bot) as APIEmoji['user'],
      require_colons: true,
      managed: false,
      animated: type === 'gif',
      available: true,
    };
    guild.emojis.push(emoji);
    world.dispatch(
      'GUILD_EMOJIS_UPDATE',
      { guild_id: guild.id, emojis: guild.emojis },
      { guild: guild.id, intents: 1 << 3 },
    );
    world.changed();
    return emoji;
  }

  return [
    { method: 'GET', path: '/guilds/:guild', bucket, answer: (call) => restGuildJson(inside(call)) },
    {
      method: 'GET',
      path: '/guilds/:guild/channels',
      bucket,
      answer(call) {
        const guild = inside(call);
        const own = [...world.channels.values()].filter((each) => each.guild === guild && !each.gone);
        return own
          .filter(({ type }) => type !== ChannelType.PublicThread)
          .map((each) => channelJson(world, each));
      },
    },
    {
      method: 'GET',
      path: '/guilds/:guild/roles',
      bucket,
      answer: (call) => [...inside(call).roles.values()].map((role) => roleJson(role)),
    },
    {
      method: 'GET',
      path: '/guilds/:guild/members/:user',
      bucket,
      answer(call) {
        const guild = inside(call);
        const id = call.params.user === '@me' ? world.bot.id : call.params.user!;
        const who = world.people.get(id);
        if (!who) throw new Refusal(10013);
        if (!guild.members.has(id)) throw new Refusal(10007);
        return memberJson(world, guild, who);
      },
    },
    { method: 'GET', path: '/guilds/:guild/emojis', bucket, answer: (call) => inside(call).emojis },
    { method: 'POST', path: '/guilds/:guild/emojis', bucket, status: 201, answer: createEmoji },
    {
      method: 'DELETE',
      path: '/guilds/:guild/emojis/:emoji',
      bucket,
      answer(call) {
        const { emojis } = inside(call);
        const at = emojis.findIndex(({ id }) => id === call.params.emoji);
        if (at < 0) throw new Refusal(10014);
        emojis.splice(at, 1);
      },
    },
    {
      method: 'POST',
      path: '/users/@me/channels',
      bucket,
      answer(call) {
        const who = world.people.get(text(call.body.recipient_id));
        if (!who || who.bot) throw new Refusal(50007);
        return channelJson(world, world.channels.get(directWith(who.id).id)!);
      },
    },
    {
      method: 'GET',
      path: '/users/:user',
      bucket,
      answer(call) {
        const who = world.people.get(call.params.user === '@me' ? world.bot.id : call.params.user!);
        if (!who) throw new Refusal(10013);
        return userJson(who);
      },
    },
  ];
}
