import { webApi } from '@slack/bolt';
import { UserError } from '../../errors.js';

const { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } = webApi;

const messageGone = new Set(['message_not_found', 'cant_update_message', 'thread_not_found']);
const channelGone = new Set([
  'channel_not_found',
  'is_archived',
  'not_in_channel',
  'user_not_in_channel',
  'restricted_action',
  'restricted_action_read_only_channel',
  'restricted_action_thread_only_channel',
]);
const workspaceGone = new Set([
  'account_inactive',
  'app_uninstalled',
  'invalid_auth',
  'not_authed',
  'team_access_not_granted',
  'token_expired',
  'token_revoked',
]);

/**
 * The error code that Slack answered with; undefined where it gave no answer of its own.
 *
 * @example slackCode(error) === 'not_in_channel'
 */
export function slackCode(error: unknown): string | undefined {
  return error instanceof WebAPIPlatformError ? error.data.error : undefined;
}

/** Milliseconds to wait, when that is what Slack said. */
export function waitOf(error: unknown): number | undefined {
  return error instanceof WebAPIRateLimitedError ? error.retryAfter * 1000 : undefined;
}

/** Whether the call may have been carried out all the same. */
export function isUnsure(error: unknown): boolean {
  const busy = ['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout'];
  return (
    error instanceof WebAPIRequestError ||
    error instanceof WebAPIHTTPError ||
    busy.includes(slackCode(error) ?? '') ||
    // A body that is no JSON comes as its text.
    (slackCode(error)?.includes('<') ?? false)
  );
}

/** Whether Slack does not have the pictures ready that a message or a view shows. */
export function isNotReady(error: unknown): boolean {
  const code = slackCode(error) ?? '';
  if (!/^(invalid_blocks|invalid_arguments|invalid_slack_file|file_not_found)/.test(code)) return false;
  const complaints =
    error instanceof WebAPIPlatformError ? (error.data.response_metadata?.messages ?? []) : [];
  return complaints.length === 0 || complaints.some((message) => /slack.?file/i.test(message));
}

/** Whether the channel is closed to Kiln, but a response URL may still reach it. */
export function isClosed(error: unknown): boolean {
  return channelGone.has(slackCode(error) ?? '');
}

/**
 * What Slack said, as the contract's errors: `message-gone` for a message that was there, `no-room` for a place that
 * takes none. Anything else is given back as it is, and may be tried again.
 */
export function roomError(error: unknown, action: 'change' | 'post'): unknown {
  const code = slackCode(error);
  if (!code) return error;
  const sentence = `Cannot ${action} this message: Slack says ${code}, want a message that Kiln may ${action}`;
  if (workspaceGone.has(code)) return new UserError('no-room', sentence, { cause: error });
  if (messageGone.has(code) || (channelGone.has(code) && action === 'change')) {
    return new UserError('message-gone', sentence, { cause: error });
  }
  return channelGone.has(code) ? new UserError('no-room', sentence, { cause: error }) : error;
}

/** Why Kiln cannot start on Slack, where somebody can do something about it; else the error as it is. */
export function startError(error: unknown, place: string): unknown {
  const code = slackCode(error);
  if (code && (workspaceGone.has(code) || code === 'not_allowed_token_type')) {
    const sentence = `Cannot connect to Slack: found a token of which Slack says ${code}, want one from the app's own pages`;
    return new UserError('bad-option', sentence, { cause: error });
  }
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    const sentence = `Cannot serve Slack at ${place}: the port is taken, want a free one`;
    return new UserError('bad-option', sentence, { cause: error });
  }
  return error;
}
