import { createHash } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { UserError } from '../errors.js';
import { download } from './download.js';
import { dispositionName } from './names.js';
import type { Pulled, PullHooks, PullRequest } from './pulling.js';
import { settleFile } from './settleFile.js';
import type { Source } from './source.js';
import { openStaging } from './staging.js';
import type { Wire } from './wire.js';

/**
 * Pulls a `.safetensors` file from any address. Who serves it says its name, and nobody what it should hash to: its
 * header is what is checked, and that no two states of it are mixed.
 *
 * @throws UserError as `pull` does
 */
export async function pullFile(
  request: PullRequest,
  { address }: Extract<Source, { kind: 'url' }>,
  wire: Wire,
  hooks: PullHooks,
): Promise<Pulled> {
  const { action } = wire;
  const url = new URL(address);
  const key = `file-${createHash('sha256').update(address).digest('hex').slice(0, 16)}`;
  const staging = await openStaging(request.modelsFolder, key, action);
  try {
    const blob = 'file';
    const file = staging.blob(blob);
    const noted = staging.blob('name');
    // Came whole and found no place: the server is asked whether it is still that file.
    await rename(file, `${file}.incomplete`).catch(() => {});
    let served: string | undefined;
    const digest = await download({
      ...{ wire, address, file, called: url.pathname.split('/').at(-1) || url.host, weights: true },
      onBytes: hooks.onBytes,
      onTotal: hooks.onSize,
      onAnswer(headers) {
        served ??= dispositionName(headers.get('content-disposition'));
      },
    });
    if (served !== undefined) await writeFile(noted, served);
    const name = served ?? (await readFile(noted, 'utf8').catch(() => undefined)) ?? url.pathname;
    if (/\.(ckpt|pt|pth|bin|pkl|zip)$/i.test(name)) {
      throw new UserError(
        'bad-model',
        `${action}: found that ${url.host} calls it a ${name.slice(name.lastIndexOf('.'))} file, want .safetensors`,
      );
    }
    const bytes = (await stat(file)).size;
    // What comes after the question mark may be somebody's key.
    const origin = { source: `${url.origin}${url.pathname}` };
    return await settleFile({
      ...{ request, staging, origin, action, blob, digest, bytes },
      called: 'it',
      ownName: name,
    });
  } finally {
    await staging.release();
  }
}
