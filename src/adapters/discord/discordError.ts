import { DiscordAPIError, HTTPError } from 'discord.js';

/** Discord's numbers for what went wrong, as far as Kiln acts on them. */
export const codes = {
  unknownChannel: 10003,
  unknownGuild: 10004,
  unknownMessage: 10008,
  unknownWebhook: 10015,
  unknownInteraction: 10062,
  emojisFull: 30008,
  tooLarge: 40005,
  alreadyAcknowledged: 40060,
  missingAccess: 50001,
  cannotMessageUser: 50007,
  missingPermissions: 50013,
  invalidWebhookToken: 50027,
  threadArchived: 50083,
  threadLocked: 160005,
} as const;

/**
 * Discord's code for a failed request; undefined where it gave none.
 *
 * @example if (codeOf(error) === codes.unknownMessage) return;
 */
export function codeOf(error: unknown): number | undefined {
  if (error instanceof DiscordAPIError) return Number(error.code);
  return undefined;
}

/** Whether a file, or all together, were too much. */
export function isTooLarge(error: unknown): boolean {
  return (
    codeOf(error) === codes.tooLarge ||
    ((error instanceof DiscordAPIError || error instanceof HTTPError) && error.status === 413)
  );
}

/**
 * The same failure without what must not be logged: discord.js's errors carry the URL, in which the token is, and the
 * body, in which the prompt is.
 *
 * @example throw tellable('edit the message', error);
 */
export function tellable(action: string, error: unknown): Error {
  if (error instanceof DiscordAPIError || error instanceof HTTPError) {
    const code = codeOf(error);
    return new Error(
      `Cannot ${action}: Discord answers ${error.status}${code ? `, code ${code}` : ''}, ${error.message}`,
    );
  }
  return error instanceof Error ? error : new Error(`Cannot ${action}: ${String(error)}`);
}
