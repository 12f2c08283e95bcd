import type { App, Receiver, ReceiverEvent } from '@slack/bolt';

/**
 * The receiver, but for when events are acknowledged: Bolt does so before any listener sees them, over both HTTP and
 * Socket Mode. Here Slack hears of it when the listeners have resolved, so that an event whose row is not on the disk is
 * delivered again.
 *
 * @example new App({ receiver: heldAcks(new HTTPReceiver({ signingSecret })), authorize })
 */
export function heldAcks(receiver: Receiver): Receiver {
  return {
    init(app) {
      async function processEvent(event: ReceiverEvent): Promise<void> {
        if (event.body?.event === undefined) return app.processEvent(event);
        await app.processEvent({ ...event, ack: async () => {} });
        await event.ack();
      }
      // A receiver knows nothing of its app but this.
      receiver.init({ processEvent } as unknown as App);
    },
    start: (...args) => receiver.start(...args),
    stop: (...args) => receiver.stop(...args),
  };
}
