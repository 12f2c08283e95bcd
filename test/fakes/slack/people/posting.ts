import { createDelivered, type Delivered, deliver, type Sending } from '../delivery/deliver.js';
import { eventParcel } from '../delivery/event.js';
import { addMessage, messageWire } from '../messages.js';
import { type Seen, seen } from '../seen.js';
import type { Wire } from '../wire.js';
import type { Channel, Message, PersonRecord, StoredFile } from '../world.js';
import { openDm } from './openDm.js';
import type { PeopleParts } from './parts.js';

/** A file that a person attaches. */
export interface Attachment {
  name: string;
  bytes: Buffer;
  alt?: string;
}

export interface Posting extends Sending {
  /** The message, or its `ts`, whose thread this goes into. */
  thread?: string | Message;
  files?: readonly Attachment[];
  /** The text is what the person types: its `&`, `<` and `>` arrive escaped, and mention nobody. */
  typed?: boolean;
}

export interface Said extends Delivered {
  /** The message that the person posted. */
  readonly message: Seen;
}

/** What people write. Texts are as Slack sends them, with `<@U…>` for mentions, unless they are `typed`. */
export interface PostingVerbs {
  /** Posts a text that mentions the bot, which is put in front where the text does not. */
  mention(channel: Channel, text: string, options?: Posting): Promise<Said>;
  /** Writes to the bot directly. */
  dm(text: string, options?: Posting): Promise<Said>;
  /** Posts a text as it is. */
  say(channel: Channel, text: string, options?: Posting): Promise<Said>;
  /** The person's DM with the bot. */
  dmChannel(): Channel;
  /** Puts a file into the workspace. */
  upload(file: Attachment): StoredFile;
  /** Deletes a message, the person's own or as an admin. */
  remove(message: Message): Promise<void>;
}

/** The verbs of writing for one person. */
export function createPosting(parts: PeopleParts, person: PersonRecord): PostingVerbs {
  const { world, transport } = parts;
  const team = world.teams.get(person.team)!;
  const tag = `<@${team.botUser}>`;

  function upload({ name, bytes, alt = '' }: Attachment): StoredFile {
    const file: StoredFile = {
      id: world.id('F'),
      team: team.id,
      name,
      title: name,
      alt,
      user: person.id,
      length: bytes.length,
      bytes,
      completedAt: 0,
      deleted: false,
      shares: [],
    };
    world.files.set(file.id, file);
    return file;
  }

  async function say(channel: Channel, text: string, options: Posting = {}): Promise<Said> {
    const { thread, files = [], typed: _, ...sending } = options;
    const to = typeof thread === 'object' ? (thread.thread ?? thread.ts) : thread;
    const stored = files.map(upload);
    const draft = { user: person.id, bot: false, text, thread: to, files: stored };
    const message = addMessage(world, channel, draft);
    for (const file of stored) file.shares.push({ channel: channel.id, ts: message.ts });
    const filling = createDelivered();
    await Promise.all(
      eventsFor(channel, message).map((event) =>
        deliver(world, transport, eventParcel(world, team, event), filling, sending),
      ),
    );
    return Object.assign(Object.create(filling.handle) as Delivered, { message: seen(world, message) });
  }

  /** In a DM, a mention of the bot comes twice: as a message and as a mention. */
  function eventsFor(channel: Channel, message: Message): Wire[] {
    if (!channel.bot || team.botToken === undefined) return [];
    const base = {
      ...messageWire(world, message),
      client_msg_id: crypto.randomUUID(),
      channel: channel.id,
      event_ts: message.ts,
    };
    const events: Wire[] = [];
    if (channel.kind === 'im') {
      const subtype = message.files.length > 0 ? { subtype: 'file_share' } : {};
      events.push({ ...base, ...subtype, channel_type: 'im' });
    }
    if (message.text.includes(tag) || message.text.includes(`<@${team.botUser}|`)) {
      events.push({ ...base, type: 'app_mention' });
    }
    return events;
  }

  const asSent = (text: string, options?: Posting) =>
    options?.typed ? text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;') : text;

  const dmChannel = () => openDm(world, person);

  return {
    upload,
    dmChannel,
    say: (channel, text, options) => say(channel, asSent(text, options), options),
    mention(channel, text, options) {
      const sent = asSent(text, options);
      return say(channel, sent.includes(`<@${team.botUser}`) ? sent : `${tag} ${sent}`, options);
    },
    dm: (text, options) => say(dmChannel(), asSent(text, options), options),
    async remove(message) {
      const record = world.messages.get(message.channel)!.find((one) => one.ts === message.ts)!;
      record.deleted = true;
      world.changed();
      const channel = world.channels.get(message.channel)!;
      if (channel.kind !== 'im') return;
      const event = {
        type: 'message',
        subtype: 'message_deleted',
        channel: channel.id,
        channel_type: 'im',
        deleted_ts: message.ts,
        previous_message: messageWire(world, record),
        ts: world.ts(),
        event_ts: world.ts(),
        hidden: true,
      };
      await deliver(world, transport, eventParcel(world, team, event), createDelivered());
    },
  };
}
