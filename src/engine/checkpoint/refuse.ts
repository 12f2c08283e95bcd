import { UserError } from '../../errors.js';

/**
 * Throws the one sentence that says why a model's file cannot be used.
 *
 * @throws UserError `bad-model`, always.
 * @example refuse('/m/unet/config.json', 'it is 12 MB long', 'at most 10 MB');
 */
export function refuse(file: string, found: string, wanted: string): never {
  throw new UserError('bad-model', `Cannot open ${file}: ${found}, want ${wanted}`);
}

/** A name out of a hostile file, fit for a sentence: quoted, cut at 100 characters, no control characters. */
export function quote(name: string): string {
  const cut = name.length > 100 ? `${name.slice(0, 100)}…` : name;
  // JSON escapes C0 only; C1, line separators and direction marks can rewrite a terminal's line too.
  return JSON.stringify(cut).replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '�');
}
