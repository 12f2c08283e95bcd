import { UserError } from '../errors.js';
import { transient } from './transient.js';

/** An answer that is none. */
interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  readonly to: URL;
  drop(): Promise<void>;
}

const busy = [408, 429, 500, 502, 503, 504];

/**
 * What a refusal means to whoever asked for a model.
 *
 * The hub says more in `X-Error-Code`: https://github.com/huggingface/huggingface_hub/blob/main/src/huggingface_hub/utils/_http.py
 *
 * @returns transient for what passes, UserError for the rest
 */
export async function statusError(
  action: string,
  answer: Refusal,
  { token, kind, hub, first }: { token: string | undefined; kind: 'hub' | 'index'; hub: URL; first: URL },
): Promise<Error> {
  const { status, headers, to } = answer;
  await answer.drop();
  if (busy.includes(status)) {
    return transient(`${to.host} is busy (status ${status})`, {
      after: retryAfter(headers.get('retry-after')),
    });
  }
  const code = headers.get('x-error-code') ?? '';
  const atHub = to.origin === hub.origin;
  if (status === 401 || status === 403) {
    // An address that a redirect signed for some minutes: the next try gets another.
    if (to.origin !== first.origin)
      return transient(`${to.host} refuses what ${first.host} sent there (status ${status})`);
    if (!atHub || kind === 'index') {
      return refused(
        'not-allowed',
        `${to.host} refuses it (status ${status})`,
        atHub ? 'PIP_INDEX_URL with a name and password that it takes' : 'an address that needs no login',
      );
    }
    const page = pageOf(to, hub);
    if (code === 'GatedRepo' || status === 403) {
      const wanted =
        token === undefined ? 'HF_TOKEN set, and its licence' : "HF_TOKEN's owner to have its licence";
      return refused('not-allowed', 'it is gated', `${wanted} accepted at ${page}`);
    }
    if (token !== undefined && code !== 'RepoNotFound') {
      return refused('not-allowed', `${to.host} does not take HF_TOKEN`, 'a token that is valid');
    }
    return refused(
      'not-found',
      'there is no such repo, or it is private',
      'one that is there, and HF_TOKEN where it is private',
    );
  }
  if (status === 404) {
    if (code === 'RevisionNotFound')
      return refused('not-found', 'it has no such revision', 'a branch, tag or commit that it has');
    return refused('not-found', `${to.host} has none of that name`, 'one that is there');
  }
  return refused('unreachable', `${to.host} answers with status ${status}`, 'the file');

  function refused(
    kind: 'not-allowed' | 'not-found' | 'unreachable',
    found: string,
    wanted: string,
  ): UserError {
    return new UserError(kind, `${action}: ${found}, want ${wanted}`);
  }
}

/** A repo's own page, from an address of its files or of the API. */
function pageOf(to: URL, hub: URL): string {
  const path = to.href.slice(hub.href.replace(/\/$/, '').length);
  const [, repo] = /^\/(?:api\/models\/)?([\w.-]+\/[\w.-]+)/.exec(path) ?? [];
  return `${hub.href.replace(/\/$/, '')}/${repo ?? ''}`;
}

/** Milliseconds, from seconds or a date. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const milliseconds = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined;
}
