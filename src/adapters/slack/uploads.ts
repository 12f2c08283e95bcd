import { createHash } from 'node:crypto';
import type { Shown } from '../../request.js';
import type { Api } from './api.js';
import { textAt } from './payload.js';
import { cut } from './text.js';

export interface Uploads {
  /**
   * Uploads a picture that blocks then show. Gives its id; the same picture is uploaded once. Undefined where there is
   * no form of it that Slack shows.
   */
  picture(team: string, picture: Shown): Promise<string | undefined>;
  /** Whether Slack has that file ready to be shown. */
  isReady(team: string, id: string): Promise<boolean>;
  /** Forgets that it was uploaded. */
  forget(team: string, picture: Shown): void;
  /** Hands a file over in a conversation, once for each answer, which `mark` names. */
  hand(
    team: string,
    file: Shown,
    where: { readonly channel: string; readonly thread?: string; readonly mark?: string },
  ): Promise<void>;
}

const mostKnown = 500;
const patience = 30_000;

/**
 * Files go to Slack in three steps: a URL is asked for, the bytes are sent there, the upload is completed.
 *
 * @example const id = await createUploads(api).picture('T0FOX', picture)
 */
export function createUploads(api: Api): Uploads {
  const known = new Map<string, Promise<string>>();

  async function upload(team: string, file: Shown, where?: Record<string, unknown>): Promise<string> {
    const ticket = await api(team, 'files.getUploadURLExternal', {
      filename: file.name,
      length: file.bytes.length,
      ...(file.alt && { alt_txt: cut(file.alt, 1000) }),
    });
    const url = textAt(ticket, 'upload_url');
    const id = textAt(ticket, 'file_id');
    if (!url || !id) throw new Error(`Cannot upload ${file.name}: Slack gave no address for it`);
    const response = await fetch(url, {
      method: 'POST',
      body: new Uint8Array(file.bytes),
      headers: { 'content-type': file.type },
      redirect: 'error',
      signal: AbortSignal.timeout(patience),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`Cannot upload ${file.name}: Slack answered ${response.status}`);
    await api(team, 'files.completeUploadExternal', { files: [{ id, title: file.name }], ...where });
    return id;
  }

  function once(name: string, work: () => Promise<string>): Promise<string> {
    const before = known.get(name);
    if (before) return before;
    const result = work();
    known.set(name, result);
    result.catch(() => known.delete(name));
    if (known.size > mostKnown) known.delete(known.keys().next().value!);
    return result;
  }

  return {
    async picture(team, picture) {
      const form = showable(picture);
      return form && once(nameOf(team, form), () => upload(team, form));
    },
    // It has no type before.
    isReady: async (team, file) =>
      textAt(await api(team, 'files.info', { file }), 'file', 'mimetype') !== undefined,
    forget(team, picture) {
      const form = showable(picture);
      if (form) known.delete(nameOf(team, form));
    },
    async hand(team, file, { channel, thread, mark }) {
      await once(`${nameOf(team, file)}/${channel}/${thread ?? ''}/${mark ?? ''}`, () =>
        upload(team, file, { channel_id: channel, ...(thread && { thread_ts: thread }) }),
      );
    },
  };
}

/** Blocks take no WebP. */
function showable(picture: Shown): Shown | undefined {
  const forms = [picture, ...(picture.fallbacks ?? [])];
  const form = forms.find(({ type }) => type === 'image/png' || type === 'image/jpeg');
  return form && { ...picture, ...form };
}

function nameOf(team: string, { bytes, name, alt }: Shown): string {
  return `${team}/${createHash('sha256').update(bytes).digest('hex')}/${name}/${alt ?? ''}`;
}
