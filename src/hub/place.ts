import type { Part } from './part.js';
import type { Answer } from './wire.js';

/** Where in a file an answer's bytes belong. */
export type Place =
  | {
      readonly kind: 'whole' | 'rest';
      readonly total: number | undefined;
      readonly validator: string | undefined;
    }
  /** All of it is there already. */
  | { readonly kind: 'complete' }
  /** Bytes that do not follow those that are there. */
  | { readonly kind: 'elsewhere' };

/**
 * Reads an answer to a request for the rest of a file: servers may send the whole, the rest, or another file's.
 *
 * @example placeOf({ status: 206, headers: new Headers({ 'content-range': 'bytes 5-9/10' }) }, { length: 5 }).kind; // 'rest'
 */
export function placeOf(
  { status, headers }: Pick<Answer, 'status' | 'headers'>,
  { length, validator }: Pick<Part, 'length' | 'validator'>,
): Place {
  const [, start, , all] =
    /^bytes (?:(\d+)-(\d+)|\*)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
  if (status === 416) {
    return validator !== undefined && length > 0 && Number(all) === length
      ? { kind: 'complete' }
      : { kind: 'elsewhere' };
  }
  const given = validatorOf(headers);
  if (status === 200) {
    const size = headers.get('content-length');
    // What fetch has unpacked is as long as it likes.
    const known = size !== null && !headers.has('content-encoding');
    return { kind: 'whole', total: known ? Number(size) : undefined, validator: given };
  }
  const other = validator !== undefined && given !== undefined && given !== validator;
  if (Number(start) !== length || other || headers.has('content-encoding')) return { kind: 'elsewhere' };
  return {
    kind: 'rest',
    total: all === undefined || all === '*' ? undefined : Number(all),
    validator: given,
  };
}

/** What `If-Range` takes: an ETag that is not weak, else the date of the last change. */
function validatorOf(headers: Headers): string | undefined {
  const etag = headers.get('etag');
  if (etag !== null) return etag.startsWith('"') && etag.length < 200 ? etag : undefined;
  return headers.get('last-modified') ?? undefined;
}
