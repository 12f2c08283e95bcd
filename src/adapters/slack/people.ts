import type { Clock } from '../../clock.js';
import type { Person } from '../../request.js';
import type { Api } from './api.js';
import { isClosed } from './failures.js';
import { at, textAt } from './payload.js';

/** Who people are, and where Kiln is, remembered for a while. */
export interface People {
  person(team: string, user: string, name?: string): Promise<Person>;
  /** Whether Kiln is in that channel. */
  member(team: string, channel: string): Promise<boolean>;
  /** Kiln was just seen, or refused, there. */
  learn(team: string, channel: string, member: boolean): void;
  /** The person's own conversation with Kiln. */
  direct(team: string, user: string): Promise<string>;
}

const keepPerson = 5 * 60_000;
/** Kiln may be invited, or removed, meanwhile. */
const keepMember = 60_000;
const mostKnown = 5000;
/** Slack's own three seconds run meanwhile, in real time. */
const patience = 1200;

/**
 * Looks people and channels up, and makes do with less where Slack does not answer in time: nobody is an admin then.
 *
 * @param admins keys of people who are admins everywhere, as `slack:T0FOX/U0ANNA`
 * @example await createPeople({ api, clock, admins: [] }).person('T0FOX', 'U0ANNA')
 */
export function createPeople(options: {
  readonly api: Api;
  readonly clock: Clock;
  readonly admins: readonly string[];
}): People {
  const { api, clock, admins } = options;
  const people = createShelf<{ readonly name?: string; readonly admin: boolean }>(clock);
  const members = createShelf<boolean>(clock);
  const conversations = createShelf<string>(clock);

  const look = (team: string, user: string) =>
    people.get(`${team}/${user}`, keepPerson, async () => {
      const found = at(await api(team, 'users.info', { user }, { impatient: true }), 'user');
      const profile = at(found, 'profile');
      return {
        name: textAt(profile, 'display_name') ?? textAt(profile, 'real_name') ?? textAt(found, 'name'),
        admin: at(found, 'is_admin') === true || at(found, 'is_owner') === true,
      };
    });

  const lookMember = (team: string, channel: string) =>
    members.get(`${team}/${channel}`, keepMember, async () => {
      try {
        const found = at(await api(team, 'conversations.info', { channel }, { impatient: true }), 'channel');
        return at(found, 'is_member') === true || at(found, 'is_im') === true;
      } catch (error) {
        if (isClosed(error)) return false;
        throw error;
      }
    });

  return {
    async person(team, user, hint) {
      const found = await inTime(look(team, user), { admin: false });
      const key = `slack:${team}/${user}`;
      const admin = found.admin || admins.includes(key);
      const name = found.name ?? hint ?? user;
      return { key, id: user, name, admin, moderator: admin, roles: [], makesEmoji: false };
    },
    // Where it could not be found out, posting will tell.
    member: (team, channel) => inTime(lookMember(team, channel), true),
    learn: (team, channel, member) => members.put(`${team}/${channel}`, keepMember, member),
    direct: (team, user) =>
      conversations.get(`${team}/${user}`, Number.POSITIVE_INFINITY, async () => {
        const channel = textAt(await api(team, 'conversations.open', { users: user }), 'channel', 'id');
        if (!channel) throw new Error('Cannot open a conversation: Slack gave none');
        return channel;
      }),
  };
}

async function inTime<Value>(work: Promise<Value>, otherwise: Value): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Value>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), patience);
  });
  try {
    return await Promise.race([work.catch(() => otherwise), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What was looked up, and is being looked up, by name. */
function createShelf<Value>(clock: Clock) {
  const kept = new Map<string, { readonly value: Promise<Value>; readonly until: number }>();

  function put(name: string, life: number, value: Promise<Value>): Promise<Value> {
    const entry = { value, until: clock.now() + life };
    kept.delete(name);
    kept.set(name, entry);
    value.catch(() => kept.get(name) === entry && kept.delete(name));
    if (kept.size > mostKnown) kept.delete(kept.keys().next().value!);
    return value;
  }

  return {
    get(name: string, life: number, look: () => Promise<Value>): Promise<Value> {
      const found = kept.get(name);
      return found && found.until > clock.now() ? found.value : put(name, life, look());
    },
    put: (name: string, life: number, value: Value) => void put(name, life, Promise.resolve(value)),
  };
}
