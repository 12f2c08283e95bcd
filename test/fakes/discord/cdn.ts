import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { pictureSize } from './pictureSize.js';
import type { Channel, StoredFile, World } from './world.js';

/** A link to the CDN is good for a day. */
const linkLife = 24 * 3600_000;

/** Keeps a file, with a link that is signed and expires as those of cdn.discordapp.com do. */
export function keepFile(
  world: World,
  channel: Channel,
  file: {
    readonly name: string;
    readonly bytes: Buffer;
    readonly description?: string;
    readonly type?: string;
  },
  ephemeral = false,
): StoredFile {
  const id = world.id();
  const name = file.name.replace(/[^\p{L}\p{N}._-]+/gu, '_') || 'unknown';
  const path = `/${ephemeral ? 'ephemeral-' : ''}attachments/${channel.id}/${id}/${encodeURIComponent(name)}`;
  const issued = Math.floor(world.now() / 1000);
  const query = `ex=${(issued + linkLife / 1000).toString(16)}&is=${issued.toString(16)}`;
  const url = `${world.url()}${path}?${query}&hm=${sign(world, path, query)}&`;
  const kept: StoredFile = { ...pictureSize(file.bytes, name), id, url, ...file, name };
  const stored = { ...kept, type: kept.type ?? pictureSize(file.bytes, name).type };
  world.files.set(path, stored);
  return stored;
}

/** Serves a kept file, or the CDN's 404 when its link is wrong or old. */
export function serveFile(world: World, url: URL, response: ServerResponse): void {
  const file = world.files.get(url.pathname);
  const [ex, is, hm] = ['ex', 'is', 'hm'].map((name) => url.searchParams.get(name) ?? '');
  const good = hm === sign(world, url.pathname, `ex=${ex}&is=${is}`);
  if (!file || !good || Number.parseInt(ex!, 16) * 1000 < world.now()) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('This content is no longer available.');
    return;
  }
  response
    .writeHead(200, {
      'content-type': file.type ?? 'application/octet-stream',
      'content-length': file.bytes.length,
    })
    .end(file.bytes);
}

function sign(world: World, path: string, query: string): string {
  return createHmac('sha256', world.secret).update(`${path}?${query}`).digest('hex');
}
