import type { Wire } from './wire.js';

/** Somebody whom a message notifies. */
export interface Ping {
  kind: 'user' | 'group' | 'here' | 'channel' | 'everyone';
  /** The user's or group's id; for the three others their own name. */
  id: string;
}

const marked = /<(?:@([UW][A-Z0-9]+)|!subteam\^([A-Z0-9]+)|!(here|channel|everyone))(?:[|^][^>]*)?>/g;
const named = /(?<![\w@])@(here|channel|everyone)\b/g;

/**
 * Whom a piece of mrkdwn notifies. Mentions in code count as well: better one too many in a test.
 *
 * @param linked The message was sent with `link_names` or `parse: full`, where a bare `@here` works too.
 * @example pingsOfText('hi <@U1> and <!here>'); // [{ kind: 'user', id: 'U1' }, { kind: 'here', id: 'here' }]
 */
export function pingsOfText(text: string, linked = false): Ping[] {
  const pings: Ping[] = [...text.matchAll(marked)].map(([, user, group, all]) =>
    user
      ? { kind: 'user', id: user }
      : group
        ? { kind: 'group', id: group }
        : { kind: all as 'here', id: all! },
  );
  if (linked) {
    for (const [, all] of text.matchAll(named)) pings.push({ kind: all as 'here', id: all! });
  }
  return pings;
}

/** Whom blocks notify: their mrkdwn, markdown and rich text; plain text never does. */
export function pingsOfBlocks(blocks: unknown): Ping[] {
  if (Array.isArray(blocks)) return blocks.flatMap(pingsOfBlocks);
  if (typeof blocks !== 'object' || blocks === null) return [];
  const node = blocks as Wire;
  if (node.type === 'plain_text') return [];
  if ((node.type === 'mrkdwn' || node.type === 'markdown') && typeof node.text === 'string') {
    return pingsOfText(node.text);
  }
  if (node.type === 'user') return [{ kind: 'user', id: node.user_id }];
  if (node.type === 'usergroup') return [{ kind: 'group', id: node.usergroup_id }];
  if (node.type === 'broadcast') return [{ kind: node.range, id: node.range }];
  return Object.values(node).flatMap((value) => (typeof value === 'object' ? pingsOfBlocks(value) : []));
}
