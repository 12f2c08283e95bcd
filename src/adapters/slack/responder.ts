import type { Form, Responder } from '../../request.js';
import type { Show } from './show.js';
import type { SlackTarget } from './target.js';

const placeholder = '🖌 …';

/**
 * Answers one request. Whatever is called first says to Slack that the request has arrived.
 *
 * @param how.settle says so; called again it does nothing
 * @param how.pressed the message whose button was pressed, by its timestamp
 * @param how.open opens a form; left out where Slack gave no way to
 */
export function createResponder(
  from: SlackTarget,
  how: {
    readonly show: Show;
    /** The request was delivered before, maybe to a process that died since. */
    readonly again: boolean;
    settle(words?: string): Promise<void>;
    readonly pressed?: string;
    open?(form: Form): Promise<void>;
  },
): Responder {
  let target = from;
  /** A placeholder may be there that is not known of. */
  let unsure = false;
  const { settle, pressed } = how;

  return {
    async acknowledge({ private: alone }) {
      // No placeholder can be posted there that the answer would replace.
      await settle(!alone && target.member === false ? placeholder : undefined);
      if (alone) {
        target = { ...target, private: true };
        return target;
      }
      try {
        const reply = { text: [placeholder] };
        target = await how.show.show(target, reply, { weight: 'final', look: how.again, keep: true });
      } catch {
        // The answer itself will find out whether it can be shown.
        unsure = true;
      }
      return target;
    },
    async show(reply) {
      await settle();
      if (reply.private && target.ts && !target.direct) {
        // What was announced for all to see does not come.
        await how.show.remove(target).catch(() => {});
        target = { ...target, ts: undefined };
      }
      target = await how.show.show(target, reply, { weight: 'final', look: unsure });
    },
    ...(pressed && {
      async takeAway() {
        await settle();
        // Where Kiln may not act itself, the press's response URL reaches the message.
        const there = from.member === false ? { responded: true } : { ts: pressed };
        await how.show.remove({ ...from, ...there }).catch(() => {});
      },
    }),
    async open(form) {
      if (how.open) {
        // The trigger of a modal lives for three seconds, as the acknowledgement does.
        await how.open(form);
        await settle();
        return;
      }
      await settle();
      const text = `Cannot ask for "${form.title}" here: want a button or a slash command, which can open a form`;
      target = await how.show.show(target, { text: [text], private: true }, { weight: 'final', look: false });
    },
  };
}
