import type { Target } from '../../request.js';

/** Where a reply on Slack is, or will be. */
export interface SlackTarget extends Target {
  readonly platform: 'slack';
  readonly team: string;
  /** Left out in App Home, where answers go to the person's own conversation with Kiln. */
  readonly channel?: string;
  readonly thread?: string;
  /** Of the message, once it is there. */
  readonly ts?: string;
  /** Who asked. */
  readonly user: string;
  /** In the metadata of the message, to find it again with. */
  readonly mark: string;
  /** Milliseconds since 1970; the message is not older. */
  readonly asked: number;
  /** A conversation with Kiln alone. */
  readonly direct?: boolean;
  readonly private?: boolean;
  /** False where Kiln is not in the channel, and only the response URL is left. */
  readonly member?: boolean;
  readonly responseUrl?: string;
  /** Milliseconds since 1970. */
  readonly responseUntil?: number;
  readonly responsesLeft?: number;
  /** The message was made by the response URL, and can be replaced by it alone. */
  readonly responded?: boolean;
}

/** A response URL takes this many messages for this long. */
export const responseUses = 5;
export const responseLife = 30 * 60_000;

/**
 * A target from the log, as Slack's.
 *
 * @example slackTarget(job.target).channel
 */
export function slackTarget(target: Target): SlackTarget {
  if (target.platform !== 'slack')
    throw new Error(`Cannot show on Slack: the target is ${target.platform}'s`);
  return target as SlackTarget;
}
