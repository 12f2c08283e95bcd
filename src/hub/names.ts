import { quote } from '../engine/checkpoint/refuse.js';
import { UserError } from '../errors.js';
import { sideFolders } from './kinds.js';

/** As people type it after `--model`, and as a folder or file may be called everywhere. */
const plain = /^[A-Za-z0-9_][\w.-]{0,99}$/;

/**
 * Checks what something pulled is to be called.
 *
 * @throws UserError `bad-option` for what cannot be a file's name, or is a folder's of Kiln's own
 * @example checkName('dreamshaper-8', 'Cannot pull owner/repo');
 */
export function checkName(name: string, action: string): string {
  if (!plain.test(name) || /\.(safetensors|json|incomplete)$|\.$/i.test(name)) {
    throw new UserError(
      'bad-option',
      `${action}: found the name ${quote(name)}, want letters, digits, and "-", "_", "." between them`,
    );
  }
  if (sideFolders.includes(name.toLowerCase())) {
    throw new UserError(
      'bad-option',
      `${action}: found the name ${name}, which is a folder's of side models, want another with --as`,
    );
  }
  return name;
}

/**
 * A plain name out of what a stranger calls a file: no folders, no signs, not over a hundred letters.
 *
 * @returns undefined when nothing is left of it
 * @example plainName('../Dream Shaper (v8).safetensors'); // 'Dream-Shaper-v8'
 */
export function plainName(called: string): string | undefined {
  const last = called.split(/[/\\]/).at(-1)!;
  const name = last
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/\.safetensors$/i, '')
    .replace(/[^\w.]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 100)
    .replace(/[.-]+$/, '');
  return plain.test(name) ? name : undefined;
}

/**
 * The file's name in a `Content-Disposition`, as RFC 6266 has it: `filename*` goes before `filename`.
 *
 * @example dispositionName('attachment; filename="ink.safetensors"'); // 'ink.safetensors'
 */
export function dispositionName(header: string | null): string | undefined {
  if (header === null) return undefined;
  const extended = /;\s*filename\*\s*=\s*utf-8'[^']*'([^;\s]+)/i.exec(header)?.[1];
  if (extended !== undefined) {
    try {
      return decodeURIComponent(extended);
    } catch {
      // Badly written; the plain form may be there too.
    }
  }
  const [, quoted, bare] = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))/i.exec(header) ?? [];
  return quoted?.replace(/\\(.)/g, '$1') ?? bare;
}
