import type { types } from '@slack/bolt';
import { optionsOf, type Suggestion } from '../../command.js';
import { UserError } from '../../errors.js';
import type { Form, Person, Place, Reply } from '../../request.js';
import type { AdapterTools } from '../tools.js';
import type { Api } from './api.js';
import { slackCode } from './failures.js';
import { homeBlocks, homeReply, homeView } from './home.js';
import type { Way } from './listen.js';
import { type Carried, commandModal, formModal } from './modal.js';
import type { Asked } from './options.js';
import type { People } from './people.js';
import type { Message } from './reply.js';
import { createResponder } from './responder.js';
import type { Show } from './show.js';
import { responseLife, responseUses, type SlackTarget } from './target.js';
import type { WithPictures } from './withPictures.js';

/** Slack gives up after three seconds. */
const ackWithin = 2000;
/** Before the response URL's end, for what posting takes. */
const spare = 60_000;
const mostSuggestions = 100;
const wentWrong: Reply = { text: ['Cannot answer this: something in Kiln went wrong'], private: true };

/** Hands over what was asked, and sees to it that Slack hears of it in time. */
export function createTake(
  tools: AdapterTools & {
    readonly api: Api;
    readonly people: People;
    readonly withPictures: WithPictures;
    readonly show: Show;
    track<Value>(work: Promise<Value>): Promise<Value>;
  },
) {
  const { api, people, withPictures, show, clock, logger, handle, track } = tools;
  const words = tools.commands.map(({ name }) => name);

  async function contextOf(
    asked: Asked,
    way: Way,
  ): Promise<{ person: Person; place: Place; target: SlackTarget }> {
    const { team, user } = asked;
    const [person, member] = await Promise.all([
      people.person(team, user, asked.userName),
      asked.member || !asked.channel || people.member(team, asked.channel),
    ]);
    const channel = asked.channel ?? (await people.direct(team, user).catch(() => undefined));
    const now = clock.now();
    const direct = !asked.channel || (asked.direct && member);
    return {
      person,
      place: {
        platform: 'slack',
        server: team,
        channel: channel ?? user,
        thread: asked.thread,
        direct,
        ageRestricted: false,
        member,
      },
      target: {
        platform: 'slack',
        team,
        channel,
        thread: asked.thread,
        user,
        mark: asked.key,
        asked: now,
        direct,
        member,
        ...(asked.responseUrl && {
          responseUrl: asked.responseUrl,
          responseUntil: way.responseUntil ?? now + responseLife,
          responsesLeft: responseUses,
        }),
      },
    };
  }

  async function take(asked: Asked, way: Way): Promise<void> {
    const settle = onlyOnce(async (words) => {
      try {
        await way.ack?.(words);
      } catch (error) {
        // The connection is gone; what is on the disk is done all the same.
        logger.warn({ error }, 'Slack could not be told that a request arrived');
      }
    });
    const work = track(answer(asked, way, settle));
    // An event that is not on the disk yet is better delivered again than acknowledged.
    const late = way.ack && after(ackWithin);
    await Promise.race([settle.called, work, ...(late ? [late] : [])]);
    await settle();
  }

  async function answer(asked: Asked, way: Way, settle: (words?: string) => Promise<void>): Promise<void> {
    const { key, command, options, shown, trigger } = asked;
    const { person, place, target } = await contextOf(asked, way);
    const responder = createResponder(target, {
      show,
      again: way.again,
      settle,
      pressed: asked.pressed,
      ...(trigger && { open: (form: Form) => openForAsker(asked, formModal(form, carriedOf(target))) }),
    });
    const patience = (target.responseUntil ?? clock.now()) - clock.now() - spare;
    try {
      await handle(
        {
          ...{ key, command, options, person, place, target },
          ...(shown && { shown }),
          ...(!place.member && { patience }),
        },
        responder,
      );
    } catch (error) {
      logger.error({ error, command }, 'a request failed');
      await responder.show(wentWrong).catch(() => {});
    }
    if (way.home) await openHome({ key: `${key}/home`, team: asked.team, user: asked.user });
  }

  async function openView(asked: Asked, view: types.ModalView): Promise<void> {
    await api(asked.team, 'views.open', { trigger_id: asked.trigger, view });
  }

  /** @throws UserError `no-room` where Slack does not take the trigger any more, as after three seconds */
  async function openForAsker(asked: Asked, view: types.ModalView): Promise<void> {
    try {
      await openView(asked, view);
    } catch (error) {
      if (!slackCode(error)?.endsWith('_trigger_id')) throw error;
      throw new UserError(
        'no-room',
        'Cannot open the form: Slack waited too long for it, want it asked for again',
        {
          cause: error,
        },
      );
    }
  }

  async function openForm(asked: Asked, way: Way): Promise<void> {
    const command = tools.commands.find(({ name }) => name === asked.command);
    if (!command) return take(asked, way);
    const { person, place, target } = await contextOf(asked, way);
    try {
      const suggestions: Partial<Record<Suggestion, readonly string[]>> = {};
      for (const { suggest, hidden } of optionsOf(command)) {
        // Jobs are known by their ids, which nobody picks from a list.
        if (suggest && suggest !== 'jobs' && !hidden) {
          suggestions[suggest] = await tools.suggest(suggest, '', { person, place }, mostSuggestions);
        }
      }
      await openView(asked, commandModal(command, carriedOf(target), suggestions));
      await way.ack?.();
    } catch (error) {
      logger.warn({ error }, 'a form could not be opened');
      await way.ack?.();
      const text = ['Cannot open the form: Slack did not take it in time, want the prompt after the command'];
      await show.show(target, { text, private: true }, { weight: 'final', look: false });
    }
  }

  async function openHome(asked: { key: string; team: string; user: string }): Promise<void> {
    const { team, user, key } = asked;
    void track(
      (async () => {
        const home = { ...asked, direct: true, member: true, command: 'history', options: {} };
        const { person, place, target } = await contextOf(home, { again: false });
        const reply = await homeReply({ key, person, place, target }, handle, words);
        const publish = (message: Message) =>
          api(team, 'views.publish', { user_id: user, view: homeView(message) });
        await withPictures(team, reply, publish, { mostBlocks: homeBlocks });
      })(),
    ).catch((error) => logger.warn({ error }, 'App Home could not be shown'));
  }

  return { take, openForm, openHome };
}

function carriedOf({ channel, thread, member, responseUrl, responseUntil }: SlackTarget): Carried {
  // The URL is long, and of use only where there is no other way.
  return { channel, thread, ...(member === false && { responseUrl, responseUntil }) };
}

/** The work, done with the first call; `called` resolves with it. */
function onlyOnce(
  work: (words?: string) => Promise<void>,
): ((words?: string) => Promise<void>) & { readonly called: Promise<void> } {
  let begun: Promise<void> | undefined;
  let done = () => {};
  const called = new Promise<void>((resolve) => {
    done = resolve;
  });
  const first = (words?: string) => {
    done();
    begun ??= work(words);
    return begun;
  };
  return Object.assign(first, { called });
}

function after(milliseconds: number): Promise<void> {
  // Slack's three seconds are the world's, whatever clock Kiln is handed.
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
