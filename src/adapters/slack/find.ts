import type { Api } from './api.js';
import { isUnsure, waitOf } from './failures.js';
import { listAt, textAt } from './payload.js';
import type { SlackTarget } from './target.js';

export const jobEvent = 'kiln_job';
const mostPages = 5;

/**
 * The timestamp of the message that was posted for this target, when it is there already: the process may have died, or
 * the connection, before it was known. Where Slack lets Kiln see no messages, none is found.
 *
 * @throws when Slack gave no answer: to post then could be to post twice
 * @param me Kiln's own ids there
 */
export async function findMessage(
  api: Api,
  target: SlackTarget,
  me: { readonly botUser: string; readonly botId?: string },
): Promise<string | undefined> {
  if (!target.channel) return undefined;
  const place = target.thread ? { channel: target.channel, ts: target.thread } : { channel: target.channel };
  // Clocks differ; the mark is what decides.
  const oldest = String(Math.floor(target.asked / 1000) - 60);
  let cursor: string | undefined;
  try {
    for (let page = 0; page < mostPages; page++) {
      const result = await api(
        target.team,
        target.thread ? 'conversations.replies' : 'conversations.history',
        { ...place, oldest, include_all_metadata: true, limit: 200, ...(cursor && { cursor }) },
      );
      const found = listAt(result, 'messages').find((message) => isOurs(message, target.mark, me));
      if (found) return textAt(found, 'ts');
      cursor = textAt(result, 'response_metadata', 'next_cursor');
      if (!cursor) return undefined;
    }
  } catch (error) {
    // Without an answer it is not known: posting now could be posting twice.
    if (isUnsure(error) || waitOf(error) !== undefined) throw error;
    return undefined;
  }
  return undefined;
}

function isOurs(message: unknown, mark: string, me: { botUser: string; botId?: string }): boolean {
  if (textAt(message, 'metadata', 'event_type') !== jobEvent) return false;
  if (textAt(message, 'metadata', 'event_payload', 'key') !== mark) return false;
  return textAt(message, 'user') === me.botUser || (!!me.botId && textAt(message, 'bot_id') === me.botId);
}
