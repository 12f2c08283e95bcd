/** Discord's JSON error codes: HTTP status, words, and whether asking for it is a fault of the bot's in itself. */
const refusals: Readonly<Record<number, readonly [status: number, message: string, fault?: 'fault']>> = {
  0: [404, '404: Not Found', 'fault'],
  10003: [404, 'Unknown Channel'],
  10004: [404, 'Unknown Guild'],
  10007: [404, 'Unknown Member'],
  10008: [404, 'Unknown Message'],
  10013: [404, 'Unknown User'],
  10014: [404, 'Unknown Emoji'],
  10015: [404, 'Unknown Webhook', 'fault'],
  10062: [404, 'Unknown interaction'],
  10063: [404, 'Unknown application command'],
  30008: [400, 'Maximum number of emojis reached (50)'],
  30032: [400, 'Maximum number of application commands reached (100).', 'fault'],
  30034: [429, 'Max number of daily application command creates has been reached (200)', 'fault'],
  30046: [429, 'Maximum number of edits to messages older than 1 hour reached. Try again later.'],
  40001: [401, '401: Unauthorized', 'fault'],
  40005: [413, 'Request entity too large', 'fault'],
  40060: [400, 'Interaction has already been acknowledged.', 'fault'],
  40094: [400, 'This interaction has reached the maximum number of follow up messages', 'fault'],
  50001: [403, 'Missing Access'],
  50003: [403, 'Cannot execute action on a DM channel', 'fault'],
  50005: [403, 'Cannot edit a message authored by another user', 'fault'],
  50006: [400, 'Cannot send an empty message', 'fault'],
  50007: [403, 'Cannot send messages to this user'],
  50013: [403, 'Missing Permissions'],
  50027: [401, 'Invalid Webhook Token', 'fault'],
  50035: [400, 'Invalid Form Body', 'fault'],
  50083: [400, 'Thread is archived'],
  50109: [400, 'The request body contains invalid JSON.', 'fault'],
  160005: [400, 'Thread is locked'],
};

/** An answer in Discord's error shape. `fault` ones are breaches: a correct bot never provokes them. */
export class Refusal extends Error {
  readonly status: number;
  readonly fault: boolean;

  constructor(
    readonly code: number,
    readonly how: { readonly errors?: object; readonly detail?: string; readonly fault?: boolean } = {},
  ) {
    const [status, message, fault] = refusals[code] ?? [400, 'Unknown error', 'fault' as const];
    super(message);
    this.status = status;
    this.fault = how.fault ?? fault === 'fault';
  }
}
