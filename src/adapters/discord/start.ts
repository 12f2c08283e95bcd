import { sleep } from '../../clock.js';
import { UserError } from '../../errors.js';
import type { Adapter } from '../../request.js';
import type { AdapterTools } from '../tools.js';
import { answerTyping } from './autocomplete.js';
import { registerCommands } from './commands.js';
import { createConnection } from './connection.js';
import { tellable } from './discordError.js';
import { createEdits } from './edits.js';
import { addEmoji } from './emoji.js';
import { createFetch } from './fetch.js';
import { readMessage } from './mentions.js';
import { createMessageResponder } from './messageResponder.js';
import { createMessages } from './messages.js';
import { leastUpload, readInteraction } from './options.js';
import { createPace } from './pace.js';
import { bornAt } from './raw.js';
import { nonceOf } from './reply.js';
import { createResponder } from './responder.js';
import { createRooms } from './rooms.js';
import { createShow, fitting } from './show.js';
import { type DiscordTarget, readTarget } from './target.js';

export interface DiscordOptions extends AdapterTools {
  /** The bot's own. */
  readonly token: string;
  /** discord.js's `rest.api`, without the version; Discord's own when left out. */
  readonly apiUrl?: string;
  /** Connections to the gateway: so many, or as many as Discord recommends. 1 when left out. */
  readonly shards?: number | 'auto';
  /** Guilds that the commands are registered in, at once and only there; everywhere when left out. */
  readonly guilds?: readonly string[];
}

/** Registering is tried again after so long. */
const againAfter = 60_000;
/** Longest that stopping waits for what is being answered. */
const lastWords = 5000;

/**
 * Kiln on Discord: slash commands, buttons, forms, menus, mentions and direct messages.
 *
 * @example
 * const discord = createDiscordAdapter({ ...tools, token });
 * await discord.start();
 */
export function createDiscordAdapter(options: DiscordOptions): Adapter {
  const { commands, clock, logger, memory, admins, handle, suggest, guilds = [] } = options;
  const pace = createPace(clock);
  const going = new Set<Promise<unknown>>();
  let taking = false;

  const connection = createConnection({
    ...options,
    shards: options.shards ?? 1,
    pace,
    onInteraction: (raw) => track(onInteraction(raw)),
    onMessage: (raw) => track(onMessage(raw)),
  });
  const { rest } = connection.client;
  const messages = createMessages(rest);
  const underWay = new Map<string, DiscordTarget>();
  const edits = createEdits<DiscordTarget>({
    clock,
    interval: (event) => {
      const { application, token, channel, message } = underWay.get(event) ?? {};
      const usual = pace.interval([`${application}/${token}`, channel ?? '']);
      // Discord takes few edits of messages that are older than an hour.
      const old = message && clock.now() - bornAt(message) > 50 * 60_000;
      return old ? Math.max(usual, 15_000) : usual;
    },
    onLost: (error) => logger.debug({ error: tellable('show progress', error) }, 'progress was not shown'),
  });
  const self = () => connection.self()?.user;
  const show = createShow({ messages, edits, clock, self });
  const rooms = createRooms(connection.client, clock, self);
  const fetch = createFetch(options);
  const around = {
    commands,
    admins,
    now: clock.now,
    self,
    inGuild: connection.inGuild,
    ageRestricted: rooms.ageRestricted,
    parent: rooms.parent,
    permissions: rooms.permissions,
  };
  const answering = { messages, show, edits, logger };

  const track = (work: Promise<void>) => {
    const settled = work
      .catch((error) =>
        logger.error({ error: tellable('answer', error) }, 'something asked on Discord failed'),
      )
      .finally(() => going.delete(settled));
    going.add(settled);
  };

  const onInteraction = async (raw: unknown) => {
    if (!taking) return;
    const incoming = await readInteraction(raw, around);
    if (!incoming) return logger.debug('an interaction asks for nothing that there is');
    if (incoming.kind === 'autocomplete') return answerTyping(incoming, { suggest, messages, clock });
    const { request, target, silent, filled } = incoming;
    await handle(request, createResponder(target, silent, { ...answering, filled }));
  };

  const onMessage = async (raw: unknown) => {
    const incoming = taking ? await readMessage(raw, around) : undefined;
    if (!incoming) return;
    const { request, target } = incoming;
    await handle(request, createMessageResponder(target, request.place.direct, answering));
  };

  const register = async (): Promise<void> => {
    const application = connection.self()?.application;
    if (!application || connection.closed) return;
    try {
      await registerCommands({ rest, application, commands, guilds, memory });
    } catch (error) {
      logger.error({ error: tellable('register the commands', error) }, 'the commands were not registered');
      clock.after(againAfter, () => void register());
    }
  };

  return {
    platform: 'discord',
    get ready() {
      return taking && connection.ready;
    },

    async start() {
      taking = true;
      await connection.open();
      await register();
    },

    async stop() {
      taking = false;
      await Promise.race([Promise.all(going), sleep(clock, lastWords)]);
      await edits.drain();
      await connection.close();
    },

    async show(target, reply, how) {
      const own = readTarget(target);
      underWay.set(own.event, show.latest(own));
      try {
        return await show.show(target, reply, how);
      } finally {
        if (how.weight === 'final') underWay.delete(own.event);
      }
    },

    remove: (target) => show.remove(readTarget(target)),
    fetch: (attachment) => fetch(attachment),
    createEmoji: (place, name, png) => addEmoji(rest, place, name, png),

    async post(place, reply, key) {
      // An admin names the channel: it must not be another server's.
      if (place.server !== (await rooms.guild(place.channel))) {
        throw new UserError('no-room', `Cannot post in channel ${place.channel}: want one of this server`);
      }
      const payloadOptions = { limit: leastUpload, requester: '' };
      try {
        await fitting(reply, payloadOptions, (payload) =>
          messages.create(place.channel, payload, { nonce: nonceOf(key) }),
        );
      } catch (error) {
        throw tellable('post the message', error);
      }
    },
  };
}
