import { UserError } from '../../errors.js';
import type { Logger } from '../../logger.js';
import type { Form, Handle, Person, Place, Reply, Request, Responder, Target } from '../../request.js';
import type { Asked, Messages } from './messages.js';
import type { View } from './view.js';

/** The one room there is. */
export const room: Place = {
  platform: 'playground',
  server: 'playground',
  channel: 'playground',
  direct: false,
  ageRestricted: false,
  member: true,
};

/** What the page posts, checked. */
export interface Incoming {
  /** Made by the page, the same when it posts again. */
  readonly key: string;
  readonly person: Person;
  readonly command: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly asked: Asked;
  /** The answer goes back to the page, for its gallery or stats, and not into the room. */
  readonly aside?: boolean;
}

/** What a post is answered with: what else there is comes as events. */
export interface Outcome {
  readonly message?: string;
  readonly form?: Form;
  readonly view?: View;
}

export interface AskingOptions {
  readonly handle: Handle;
  readonly messages: Messages;
  readonly logger: Logger;
  view(reply: Reply): Promise<View>;
  /** The same, with pictures kept in memory alone. */
  passingView(reply: Reply): Promise<View>;
}

/** Requests under way, and the answers they got. */
export interface Asking {
  /**
   * Hands it over. Resolves with the first word of an answer; for what is asked aside, with the last.
   *
   * @throws UserError `line-full` when hundreds are under way
   */
  ask(incoming: Incoming): Promise<Outcome>;
  /** Shows a reply as the message of that id. Shows for one message go one after another. */
  show(id: string, reply: Reply, how: { readonly ended: boolean } & MessageFacts): Promise<void>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

interface MessageFacts {
  readonly by?: string;
  readonly asked?: Asked;
}

const mostRunning = 300;
const mostRemembered = 500;

/**
 * @example await createAsking({ handle, messages, logger, view, passingView }).ask(incoming) // { message: '…' }
 */
export function createAsking({ handle, messages, logger, view, passingView }: AskingOptions): Asking {
  const running = new Set<Promise<void>>();
  const outcomes = new Map<string, Promise<Outcome>>();
  const lines = new Map<string, Promise<void>>();

  const show: Asking['show'] = (id, reply, { ended, ...facts }) => {
    const work = (lines.get(id) ?? Promise.resolve()).then(async () => {
      const shown = await view(reply);
      // Deleted in the meantime: whoever deleted it does not want it back.
      if (messages.wasRemoved(id)) return;
      const secret = reply.private ?? messages.get(id)?.private ?? false;
      messages.put(id, { ...facts, private: secret, ended, view: shown });
      if (!shown.progress) await messages.saved();
    });
    const settled = work.catch(() => {});
    lines.set(id, settled);
    settled.then(() => lines.get(id) === settled && lines.delete(id));
    return work;
  };

  function inRoom({ key, person, asked }: Incoming, answer: (outcome: Outcome) => void): Responder {
    const facts = { by: person.name, asked };
    const target = targetOf(key, person);
    return {
      async acknowledge(how) {
        messages.put(key, { ...facts, private: how.private });
        answer({ message: key });
        return target;
      },
      async show(reply) {
        await show(key, reply, { ended: ends(reply), ...facts });
        answer({ message: key });
      },
      async open(form) {
        answer({ form });
      },
    };
  }

  function aside({ key, person }: Incoming, told: (outcome: Outcome) => void): Responder {
    return {
      acknowledge: async () => targetOf(key, person),
      show: async (reply) => told({ view: await passingView(reply) }),
      open: async (form) => told({ form }),
    };
  }

  function begin(incoming: Incoming): Promise<Outcome> {
    const { key, person, command, options } = incoming;
    const request: Request = {
      key: `playground:${key}`,
      command,
      options,
      person,
      place: room,
      target: targetOf(key, person),
    };
    return new Promise((resolve) => {
      let last: Outcome = {};
      const told = (outcome: Outcome) => (last = outcome);
      const responder = incoming.aside ? aside(incoming, told) : inRoom(incoming, resolve);
      const work = handle(request, responder)
        .catch((error) => logger.error({ error, command }, 'a request was not handled'))
        .then(() => {
          running.delete(work);
          resolve(last);
        });
      running.add(work);
    });
  }

  return {
    ask(incoming) {
      const name = `${incoming.person.key} ${incoming.key}`;
      const before = outcomes.get(name);
      if (before) return before;
      if (running.size >= mostRunning) {
        throw new UserError(
          'line-full',
          `Cannot take this: ${running.size} requests are under way, want at most ${mostRunning}`,
        );
      }
      const outcome = begin(incoming);
      outcomes.set(name, outcome);
      for (const old of outcomes.keys()) {
        if (outcomes.size <= mostRemembered) break;
        outcomes.delete(old);
      }
      return outcome;
    },
    show,
    async idle() {
      await Promise.all([...running, ...lines.values()]);
    },
  };
}

/** With whose it is, for a message that a killed process did not come to make. */
function targetOf(message: string, { name }: Person): Target {
  return { platform: 'playground', message, by: name };
}

/** Words with nothing but buttons, as a place in line, wait for what is to come. */
function ends({ progress, buttons, pictures, items, private: secret }: Reply): boolean {
  return !progress && (secret === true || !buttons?.length || pictures !== undefined || items !== undefined);
}
