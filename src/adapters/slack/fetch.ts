import { UserError } from '../../errors.js';
import type { Attachment } from '../../request.js';

const mostBytes = 10 * 2 ** 20;
const patience = 10_000;

/**
 * Fetches an attached picture with the workspace's token, which therefore goes to Slack's own host alone: no redirect
 * is followed.
 *
 * @param apiUrl where Slack's API is, when it is not slack.com; its host counts as Slack's
 * @throws UserError `bad-image`
 * @example await fetchAttachment({ url: 'https://files.slack.com/…', name: 'fox.png' }, token)
 */
export async function fetchAttachment(
  { url, name, bytes }: Attachment,
  token: string,
  apiUrl?: string,
): Promise<Uint8Array> {
  const cannot = (found: string, cause?: unknown) =>
    new UserError('bad-image', `Cannot read ${name.slice(0, 80)}: ${found}`, { cause });
  if (!isSlacks(url, apiUrl)) throw cannot('found a link to elsewhere, want a picture uploaded to Slack');
  const large = `want at most ${mostBytes / 2 ** 20} MiB`;
  if ((bytes ?? 0) > mostBytes) throw cannot(`found ${bytes} bytes, ${large}`);
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}` },
      redirect: 'manual',
      signal: AbortSignal.timeout(patience),
    });
    const type = response.headers.get('content-type') ?? '';
    if (response.status !== 200 || type.startsWith('text/html')) {
      await response.body?.cancel();
      throw cannot(`Slack answered ${response.status}${type && ` with ${type}`}, want the picture`);
    }
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of response.body ?? []) {
      size += part.length;
      // Leaving the loop cancels the rest.
      if (size > mostBytes) throw cannot(`found more, ${large}`);
      parts.push(part);
    }
    return Buffer.concat(parts);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw cannot('Slack did not send it within 10 s', error);
  }
}

function isSlacks(url: string, apiUrl: string | undefined): boolean {
  if (!URL.canParse(url)) return false;
  const { origin, username, password } = new URL(url);
  if (username || password) return false;
  return origin === 'https://files.slack.com' || (!!apiUrl && origin === new URL(apiUrl).origin);
}
