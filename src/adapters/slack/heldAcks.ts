import type { App, Receiver, ReceiverEvent } from '@slack/bolt';

/**
 * The receiver, but for when things are acknowledged. Bolt does so for events before any listener sees them, over both
 * HTTP and Socket Mode: here Slack hears of it when the listeners have resolved, so that an event whose row is not on the
 * disk is delivered again. What no listener acknowledged is acknowledged then, too.
 *
 * @example new App({ receiver: heldAcks(new HTTPReceiver({ signingSecret })), authorize })
 */
export function heldAcks(receiver: Receiver): Receiver {
  return {
    init(app) {
      async function processEvent(event: ReceiverEvent): Promise<void> {
        const isEvent = event.body.event !== undefined;
        let acknowledged = false;
        async function ack(...response: Parameters<ReceiverEvent['ack']>): Promise<void> {
          if (isEvent) return;
          acknowledged = true;
          await event.ack(...response);
        }
        await app.processEvent({ ...event, ack });
        if (!acknowledged) await event.ack();
      }
      // A receiver knows nothing of its app but this.
      receiver.init({ processEvent } as unknown as App);
    },
    start: (...args) => receiver.start(...args),
    stop: (...args) => receiver.stop(...args),
  };
}
