import { createDelivered, type Delivered, deliver, type Filling, type Sending } from '../delivery/deliver.js';
import { eventParcel } from '../delivery/event.js';
import type { Parcel } from '../delivery/parcel.js';
import { findMessage, messageWire } from '../messages.js';
import { viewWire } from '../methods/views.js';
import { findElement } from '../seen.js';
import type { Wire } from '../wire.js';
import type { Channel, Message, PersonRecord, View } from '../world.js';
import { openDm } from './openDm.js';
import type { PeopleParts } from './parts.js';
import { answerSubmission } from './submission.js';
import { type Entries, type Entry, stateOf, viewState } from './viewState.js';

/** What people press, call and fill in. */
export interface InteractingVerbs {
  /** A slash command, with its slash. */
  slash(command: string, text: string, channel: Channel, options?: Sending): Promise<Delivered>;
  /**
   * Presses a button of a message, a modal or the Home tab, or with `entry` chooses in a menu of theirs. The
   * element is named by its label, action_id or value.
   */
  press(on: Message | View, label: string, options?: Sending & { entry?: Entry }): Promise<Delivered>;
  /** Submits a modal with these values, by block_id, action_id or label. */
  submit(view: View, values?: Entries, options?: Sending): Promise<Delivered>;
  /** Closes a modal. */
  dismiss(view: View): Promise<void>;
  /** A message shortcut, or without a message a global one. */
  shortcut(message: Message | undefined, callbackId: string, options?: Sending): Promise<Delivered>;
  /** Types into a menu whose options the app supplies; the options come as `response`. */
  suggest(on: Message | View, actionId: string, text: string, options?: Sending): Promise<Delivered>;
  /** Opens the app's Home tab. */
  openHome(options?: Sending): Promise<Delivered>;
}

/** The verbs of interacting for one person. */
export function createInteracting(parts: PeopleParts, person: PersonRecord): InteractingVerbs {
  const { world, transport, triggers, responseUrls } = parts;
  const team = world.teams.get(person.team)!;
  const common = {
    token: 'fakefakefakefakefakefake',
    api_app_id: world.appId,
    is_enterprise_install: false,
    enterprise: null,
    team: { id: team.id, domain: team.domain },
    user: { id: person.id, username: person.name, name: person.name, team_id: team.id },
  };

  async function send(parcel: Parcel, filling: Filling, sending?: Sending): Promise<Delivered> {
    await deliver(world, transport, parcel, filling, sending);
    return filling.handle;
  }

  const interaction = (payload: Wire, takesAnswer = false): Parcel => ({
    kind: 'interactive',
    about: payload.type,
    payload: { ...common, ...payload },
    takesAnswer,
  });

  /** Where an element stands, as block_actions and block_suggestion say it. */
  function placeOf(on: Message | View): Wire {
    if ('content' in on) {
      if (!on.open) throw new Error('Cannot press: the view is closed');
      return { container: { type: 'view', view_id: on.id }, view: viewWire(world, on) };
    }
    const message = findMessage(world, on.channel, on.ts);
    if (message?.ephemeralTo && message.ephemeralTo !== person.id) {
      throw new Error(`Cannot press: ${person.name} does not see the message`);
    }
    if (!message) throw new Error('Cannot press: the message is deleted');
    const channel = world.channels.get(message.channel)!;
    return {
      container: {
        type: 'message',
        message_ts: message.ts,
        channel_id: channel.id,
        is_ephemeral: message.ephemeralTo !== undefined,
        ...(message.thread && { thread_ts: message.thread }),
      },
      channel: { id: channel.id, name: channel.kind === 'private' ? 'privategroup' : channel.name },
      // Of an ephemeral message the app learns no more than where it was.
      ...(!message.ephemeralTo && { message: messageWire(world, message) }),
      response_url: responseUrls.issue({ team, channel, user: person.id, message }),
    };
  }

  return {
    slash(command, text, channel, sending) {
      const filling = createDelivered();
      const origin = { team, channel, user: person.id };
      const payload = {
        token: common.token,
        team_id: team.id,
        team_domain: team.domain,
        channel_id: channel.id,
        channel_name: channel.kind === 'private' ? 'privategroup' : channel.name,
        user_id: person.id,
        user_name: person.name,
        command,
        text,
        api_app_id: world.appId,
        is_enterprise_install: 'false',
        response_url: responseUrls.issue(origin),
        trigger_id: triggers.issue(person.id, filling.opened),
      };
      const parcel: Parcel = { kind: 'slash_commands', about: command, payload, takesAnswer: true };
      return send(parcel, filling, sending).then((handle) => {
        const said = handle.response;
        if (typeof said === 'string' && said !== '') responseUrls.say(origin, { text: said });
        else if (typeof said === 'object' && said !== null) responseUrls.say(origin, said);
        return handle;
      });
    },
    press(on, label, { entry, ...sending } = {}) {
      const { block, element } = findElement(on, label);
      const filling = createDelivered();
      const isButton = element.type === 'button';
      const state = isButton ? {} : stateOf(world, element, entry);
      const action = {
        type: element.type,
        action_id: element.action_id,
        block_id: block.block_id,
        ...(isButton && { text: element.text, ...(element.value !== undefined && { value: element.value }) }),
        ...state,
        action_ts: world.ts(),
      };
      const values = isButton ? {} : { [block.block_id]: { [element.action_id]: state } };
      const trigger_id = triggers.issue(person.id, filling.opened);
      const payload = {
        type: 'block_actions',
        ...placeOf(on),
        trigger_id,
        state: { values },
        actions: [action],
      };
      return send(interaction(payload), filling, sending);
    },
    async submit(view, values = {}, sending = {}) {
      if (!view.open) throw new Error('Cannot submit: the view is closed');
      const state = viewState(world, view, values);
      view.errors = {};
      const filling = createDelivered();
      const payload = {
        type: 'view_submission',
        trigger_id: triggers.issue(person.id, filling.opened),
        view: viewWire(world, view, state),
        response_urls: [],
      };
      const handle = await send(interaction(payload, true), filling, sending);
      if (handle.acknowledged !== undefined)
        answerSubmission(world, team, view, handle.response, filling.opened);
      return handle;
    },
    async dismiss(view) {
      view.open = false;
      world.changed();
      if (!view.content.notify_on_close) return;
      const payload = { type: 'view_closed', view: viewWire(world, view), is_cleared: false };
      await send(interaction(payload), createDelivered());
    },
    shortcut(message, callbackId, sending) {
      const filling = createDelivered();
      const trigger_id = triggers.issue(person.id, filling.opened);
      const payload: Wire = { callback_id: callbackId, trigger_id, action_ts: world.ts() };
      if (!message) return send(interaction({ type: 'shortcut', ...payload }), filling, sending);
      const { channel, response_url, message: wire } = placeOf(message);
      const about = { channel, response_url, message: wire, message_ts: message.ts };
      return send(interaction({ type: 'message_action', ...payload, ...about }), filling, sending);
    },
    async suggest(on, actionId, text, sending) {
      const { block, element } = findElement(on, actionId);
      const { response_url: _, ...place } = placeOf(on);
      const asked = { action_id: element.action_id, block_id: block.block_id, value: text };
      const payload = { type: 'block_suggestion', ...place, ...asked };
      const handle = await send(interaction(payload, true), createDelivered(), sending);
      const options = (handle.response as Wire | undefined)?.options;
      if (handle.acknowledged !== undefined && (!Array.isArray(options) || options.length > 100)) {
        world.breaches.add(
          'options',
          `${actionId}: ${Array.isArray(options) ? options.length : 'no'} options`,
        );
      }
      return handle;
    },
    openHome(sending) {
      const home = [...world.views.values()].find(
        (one) => one.user === person.id && one.content.type === 'home',
      );
      const event = {
        type: 'app_home_opened',
        user: person.id,
        channel: openDm(world, person).id,
        tab: 'home',
        event_ts: world.ts(),
        ...(home && { view: viewWire(world, home) }),
      };
      return send(eventParcel(world, team, event), createDelivered(), sending);
    },
  };
}
