import { type Clock, sleep } from '../../clock.js';
import type { Reply, Weight } from '../../request.js';
import type { Answering } from './answering.js';
import type { Api } from './api.js';
import type { Edits } from './edits.js';
import { isClosed, isUnsure, roomError, slackCode, waitOf } from './failures.js';
import { findMessage, jobEvent } from './find.js';
import { textAt } from './payload.js';
import type { People } from './people.js';
import type { Posts } from './posts.js';
import { type Message, replyMessage } from './reply.js';
import { canRespond, isRefusal, respond } from './respond.js';
import type { SlackTarget } from './target.js';
import type { Uploads } from './uploads.js';
import type { WithPictures } from './withPictures.js';
import type { Workspaces } from './workspaces.js';

interface How {
  readonly weight: Weight;
  /** The message may have been posted by a process that died since. */
  readonly look: boolean;
  /** For a placeholder: leaves a message that is there as it is, and waits for no turn. */
  readonly keep?: boolean;
}

type Placed = SlackTarget & { readonly channel: string };

/** Shows replies, as messages of channels, threads and conversations, or to one person alone. */
export interface Show {
  /** Gives the target from now on. */
  show(target: SlackTarget, reply: Reply, how: How): Promise<SlackTarget>;
  remove(target: SlackTarget): Promise<void>;
}

const aside = { seenBy: 'asker', replaces: false } as const;
const cutOff: Reply = {
  text: [
    'I was cut off while I showed a picture here. Should it be missing, it is in ',
    { code: '/kiln history' },
  ],
};
const quiet = { unfurl_links: false, unfurl_media: false } as const;
const mostPosted = 2000;

/**
 * Shows replies on Slack.
 *
 * @example await createShow(parts).show(target, { text: ['🖌 …'] }, { weight: 'final', look: false })
 */
export function createShow(parts: {
  readonly api: Api;
  readonly answering: Answering;
  readonly edits: Edits;
  readonly posts: Posts;
  readonly uploads: Uploads;
  readonly withPictures: WithPictures;
  readonly people: People;
  readonly workspaces: Workspaces;
  readonly clock: Clock;
}): Show {
  const { api, answering, edits, posts, uploads, withPictures, people, workspaces, clock } = parts;
  /** By mark: two requests for one message, or an answer that overtakes its placeholder, find the same. */
  const posted = new Map<string, Promise<SlackTarget>>();

  async function channelOf(target: SlackTarget): Promise<Placed> {
    if (target.channel) return { ...target, channel: target.channel };
    return { ...target, channel: await people.direct(target.team, target.user), direct: true };
  }

  async function look(target: SlackTarget): Promise<string | undefined> {
    return findMessage(api, target, await workspaces.get(target.team));
  }

  async function postOnce(target: Placed, reply: Reply, brief: boolean): Promise<SlackTarget> {
    const { team, channel, thread, mark } = target;
    const lane = laneOf(target);
    const result = await withPictures(team, reply, async (message) => {
      if (!brief) await posts.turn(lane);
      const args = { channel, ...(thread && { thread_ts: thread }), ...message, ...quiet, ...marked(mark) };
      try {
        return await api(team, 'chat.postMessage', args, { impatient: brief });
      } catch (error) {
        const wait = waitOf(error);
        if (wait !== undefined) posts.refused(lane, wait);
        throw error;
      }
    });
    return { ...target, ts: textAt(result, 'ts') };
  }

  /** Posts the message, or finds that it was; for a placeholder only where the channel takes it now. */
  function post(from: SlackTarget, reply: Reply, how: How): Promise<SlackTarget> {
    const earlier = posted.get(from.mark);
    const work = (async () => {
      const before = await earlier?.catch(() => undefined);
      const target = await channelOf(from);
      const brief = how.keep === true || how.weight === 'progress';
      const found = (there: SlackTarget) => (how.keep ? there : change(there, reply, how.weight));
      if (before?.ts || before?.responded) return found({ ...target, ...before });
      // Without one that failed, nothing was posted since this process first heard of it.
      let mayBeThere = how.look && !before;
      if (how.keep && !posts.tryTurn(laneOf(target))) return target;
      // Somebody whose placeholder had no turn sees the line as soon as there is one.
      if (brief && !how.keep) await posts.turn(laneOf(target));
      for (let attempt = 1; ; attempt++) {
        try {
          const ts = mayBeThere ? await look(target) : undefined;
          if (ts) return await found({ ...target, ts });
          return await postOnce(target, reply, brief);
        } catch (error) {
          if (isClosed(error) && canRespond(target, clock.now())) {
            people.learn(target.team, target.channel, false);
            const open = { ...target, member: false };
            return brief ? open : answer(open, reply);
          }
          if (brief && waitOf(error) !== undefined) return target;
          if (brief || !isUnsure(error) || attempt === 3) throw roomError(error, 'post');
          mayBeThere = true;
          await sleep(clock, 1000 * attempt);
        }
      }
    })();
    posted.set(from.mark, work);
    work.catch(() => posted.get(from.mark) === work && posted.delete(from.mark));
    if (posted.size > mostPosted) posted.delete(posted.keys().next().value!);
    return work;
  }

  async function change(target: SlackTarget, reply: Reply, weight: Weight): Promise<SlackTarget> {
    const { team, channel, ts, mark } = target;
    if (!ts) return answer(target, reply);
    try {
      await withPictures(team, reply, (message) =>
        edits.edit(team, `${channel}/${ts}`, weight, () =>
          api(team, 'chat.update', { channel, ts, ...message, ...marked(mark) }, { impatient: true }),
        ),
      );
    } catch (error) {
      throw roomError(error, 'change');
    }
    return target;
  }

  /** Through the response URL, for all to see, and once. */
  async function answer(target: SlackTarget, reply: Reply): Promise<SlackTarget> {
    const replaces = target.responded === true;
    const send = async (message: Message): Promise<SlackTarget> => {
      if (!replaces && !(await answering.begin(target.mark))) {
        return respond(
          target,
          replyMessage(cutOff, () => undefined),
          aside,
          clock.now(),
        );
      }
      try {
        return await respond(target, message, { seenBy: 'channel', replaces }, clock.now());
      } catch (error) {
        if (isRefusal(error)) await answering.refused(target.mark);
        throw error;
      }
    };
    const next = await withPictures(target.team, reply, send, { once: true });
    return { ...next, responded: true };
  }

  /** To the asker alone. */
  async function whisper(target: SlackTarget, reply: Reply): Promise<SlackTarget> {
    const { team, channel, thread, user } = target;
    if (target.member !== false) {
      try {
        await withPictures(team, reply, (message) =>
          api(team, 'chat.postEphemeral', {
            channel,
            user,
            ...(thread && { thread_ts: thread }),
            ...message,
          }),
        );
        return target;
      } catch (error) {
        if (!isClosed(error) || !canRespond(target, clock.now())) throw roomError(error, 'post');
      }
    }
    return withPictures(team, reply, (message) => respond(target, message, aside, clock.now()), {
      once: true,
    });
  }

  /** Files are handed over where the reply is; what is for one person alone, in their own conversation. */
  async function handOver(target: SlackTarget, reply: Reply, alone: boolean): Promise<void> {
    const { team, user, thread, mark } = target;
    for (const file of reply.files ?? []) {
      const own = alone || target.member === false || !target.channel;
      const channel = own ? await people.direct(team, user) : target.channel;
      await uploads.hand(team, file, { channel, mark, ...(!own && { thread }) });
    }
  }

  return {
    async show(target, reply, how) {
      const { weight } = how;
      const alone = (reply.private === true || target.private === true) && !target.direct && !!target.channel;
      const throughUrl = target.member === false && !target.ts && !!target.channel;
      // Neither can be changed for as long as a drawing takes.
      if ((weight === 'progress' || how.keep) && (alone || throughUrl)) return target;
      let next: SlackTarget;
      if (alone) next = await whisper(target, reply);
      else if (throughUrl) next = await answer(target, reply);
      else if (target.ts) next = await change(target, reply, weight);
      else next = await post(target, reply, how);
      await handOver(next, reply, alone);
      return next;
    },
    async remove(target) {
      posted.delete(target.mark);
      try {
        if (target.ts) await api(target.team, 'chat.delete', { channel: target.channel, ts: target.ts });
        else if (target.responded && canRespond(target, clock.now())) {
          await respond(
            target,
            { delete_original: true },
            { seenBy: 'channel', replaces: true },
            clock.now(),
          );
        }
      } catch (error) {
        if (slackCode(error) !== 'message_not_found' && !isClosed(error)) throw roomError(error, 'change');
      }
    },
  };
}

function laneOf({ team, channel }: Placed): string {
  return `${team}/${channel}`;
}

function marked(key: string) {
  return { metadata: { event_type: jobEvent, event_payload: { key } } };
}
