import { channelOf, isTrue, type Method, needed } from '../call.js';
import { messageWire } from '../messages.js';
import { openDm } from '../people/openDm.js';
import { refuse } from '../refusal.js';
import type { Wire } from '../wire.js';
import type { Channel, Message } from '../world.js';

const authTest: Method = ({ team }) => ({
  url: `https://${team.domain}.slack.com/`,
  team: team.name,
  user: 'kiln',
  team_id: team.id,
  user_id: team.botUser,
  bot_id: team.botId,
  is_enterprise_install: false,
});

const botsInfo: Method = ({ world, args, team }) => {
  if (args.bot !== undefined && args.bot !== team.botId) refuse('bot_not_found');
  const bot = { id: team.botId, deleted: false, name: 'kiln', app_id: world.appId, user_id: team.botUser };
  return { bot };
};

const teamInfo: Method = ({ team }) => ({
  team: { id: team.id, name: team.name, domain: team.domain, email_domain: '', icon: {} },
});

const usersInfo: Method = ({ world, args, team }) => {
  const id = needed(args, 'user');
  if (id === team.botUser) {
    return { user: { id, team_id: team.id, name: 'kiln', real_name: 'Kiln', is_bot: true, is_admin: false } };
  }
  const person = world.people.get(id);
  if (!person || person.team !== team.id) return refuse('user_not_found');
  const user = {
    id,
    team_id: team.id,
    name: person.name,
    deleted: false,
    real_name: person.name,
    tz: 'Europe/Berlin',
    profile: { display_name: person.name, real_name: person.name },
    is_admin: person.admin || person.owner,
    is_owner: person.owner,
    is_primary_owner: false,
    is_restricted: false,
    is_bot: false,
    ...(isTrue(args.include_locale) && { locale: 'en-US' }),
  };
  return { user };
};

function channelWire(channel: Channel): Wire {
  if (channel.kind === 'im') {
    return { id: channel.id, is_im: true, user: channel.person, is_archived: false, is_channel: false };
  }
  return {
    id: channel.id,
    name: channel.name,
    is_channel: channel.kind === 'public',
    is_group: false,
    is_im: false,
    is_mpim: false,
    is_private: channel.kind === 'private',
    is_archived: channel.archived,
    is_member: channel.bot,
    topic: { value: '' },
    purpose: { value: '' },
  };
}

const conversationsInfo: Method = (call) => ({ channel: channelWire(channelOf(call)) });

const conversationsOpen: Method = ({ world, args, team }) => {
  const user = needed(args, 'users');
  const person = world.people.get(user);
  if (!person || person.team !== team.id) return refuse('user_not_found');
  const channel = openDm(world, person);
  return { channel: isTrue(args.return_im) ? channelWire(channel) : { id: channel.id } };
};

/** One page of messages, which are given in the order in which they are shown. */
function page(messages: readonly Message[], args: Wire): { shown: Message[]; rest: Wire } {
  const most = Math.min(Number(args.limit ?? 100), 999);
  const inclusive = isTrue(args.inclusive);
  const within = messages.filter(
    ({ ts }) =>
      (!args.oldest || ts > `${args.oldest}` || (inclusive && ts === `${args.oldest}`)) &&
      (!args.latest || ts < `${args.latest}` || (inclusive && ts === `${args.latest}`)),
  );
  const from = args.cursor ? Number(Buffer.from(`${args.cursor}`, 'base64').toString()) : 0;
  const more = within.length > from + most;
  const next_cursor = more ? Buffer.from(`${from + most}`).toString('base64') : '';
  return {
    shown: within.slice(from, from + most),
    rest: { has_more: more, response_metadata: { next_cursor } },
  };
}

const history: Method = (call) => {
  const channel = channelOf(call);
  if (!channel.bot) refuse('not_in_channel');
  const all = call.world.messages.get(channel.id)!;
  const visible = all.filter((one) => !one.deleted && !one.ephemeralTo && !one.thread).reverse();
  const { shown, rest } = page(visible, call.args);
  const whole = isTrue(call.args.include_all_metadata);
  return { messages: shown.map((one) => messageWire(call.world, one, whole)), ...rest };
};

const replies: Method = (call) => {
  const channel = channelOf(call);
  if (!channel.bot) refuse('not_in_channel');
  const ts = needed(call.args, 'ts');
  const all = call.world.messages.get(channel.id)!.filter((one) => !one.deleted && !one.ephemeralTo);
  const asked = all.find((one) => one.ts === ts);
  const first = asked?.thread ?? ts;
  const thread = all.filter((one) => one.ts === first || one.thread === first);
  if (thread.length === 0) refuse('thread_not_found');
  const { shown, rest } = page(thread, call.args);
  const whole = isTrue(call.args.include_all_metadata);
  return { messages: shown.map((one) => messageWire(call.world, one, whole)), ...rest };
};

export const workspaceMethods: Readonly<Record<string, Method>> = {
  'auth.test': authTest,
  'bots.info': botsInfo,
  'team.info': teamInfo,
  'users.info': usersInfo,
  'conversations.info': conversationsInfo,
  'conversations.open': conversationsOpen,
  'conversations.history': history,
  'conversations.replies': replies,
};
