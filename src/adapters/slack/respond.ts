import { UserError } from '../../errors.js';
import type { Message } from './reply.js';
import type { SlackTarget } from './target.js';

const patience = 10_000;

/** Whether the target's response URL can still be used. */
export function canRespond(target: SlackTarget, now: number): boolean {
  return !!target.responseUrl && (target.responsesLeft ?? 0) > 0 && (target.responseUntil ?? 0) > now;
}

/**
 * Sends a message to the target's response URL, which works where Kiln is no member, five times within half an hour.
 *
 * @returns the target with one use less
 * @throws UserError `no-room` when the URL is used up
 */
export async function respond(
  target: SlackTarget,
  message: Message | { readonly delete_original: true },
  how: { readonly seenBy: 'channel' | 'asker'; readonly replaces: boolean },
  now: number,
): Promise<SlackTarget> {
  if (!canRespond(target, now)) throw usedUp();
  const response = await fetch(target.responseUrl!, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify({
      response_type: how.seenBy === 'channel' ? 'in_channel' : 'ephemeral',
      replace_original: how.replaces,
      ...message,
    }),
    redirect: 'error',
    signal: AbortSignal.timeout(patience),
  });
  const answer = (await response.text()).slice(0, 500);
  if (response.status === 404 || response.status === 410 || /expired_url|used_url/.test(answer))
    throw usedUp();
  if (!response.ok || /"ok"\s*:\s*false/.test(answer)) {
    throw new Refusal(`Cannot answer through the response URL: Slack answered ${response.status}`);
  }
  return { ...target, responsesLeft: (target.responsesLeft ?? 1) - 1 };
}

/** Slack answered, and showed nothing. */
class Refusal extends Error {}

/**
 * Whether what was sent was certainly not shown: Slack said so, or the URL was not used at all.
 *
 * @example if (isRefusal(error)) await sendAgain();
 */
export function isRefusal(error: unknown): boolean {
  return error instanceof Refusal || error instanceof UserError;
}

function usedUp(): UserError {
  return new UserError(
    'no-room',
    'Cannot answer here any more: Kiln is not in this channel, and a command there can be answered for half an hour',
  );
}
