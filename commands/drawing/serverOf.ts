import type { Place } from '../../src/request.js';

/**
 * What settings and styles belong to: the server, or the conversation itself where there is none.
 *
 * @example serverOf({ platform: 'discord', channel: '42', direct: true, … }) // 'discord/dm/42'
 */
export function serverOf({
  platform,
  server,
  channel,
}: Pick<Place, 'platform' | 'server' | 'channel'>): string {
  return server === undefined ? `${platform}/dm/${channel}` : `${platform}/${server}`;
}
