import { Refusal } from './refusal.js';

/** Collects what is wrong with a body, as Discord lists all of it in one 50035. */
export interface Form {
  /** @param path as `embeds.0.title` */
  wrong(path: string, code: string, message: string): void;
  /** Text of that many UTF-16 units; absent text is wrong when `least` > 0. */
  length(path: string, value: unknown, least: number, most: number): void;
  count(path: string, value: unknown, least: number, most: number): void;
  /** @throws Refusal 50035 naming every wrong field */
  check(): void;
}

interface Tree {
  [field: string]: Tree | { readonly code: string; readonly message: string }[];
}

/**
 * An empty list of complaints.
 *
 * @example const form = createForm(); form.length('content', body.content, 0, 2000); form.check();
 */
export function createForm(): Form {
  const tree: Tree = {};
  const lines: string[] = [];

  function wrong(path: string, code: string, message: string): void {
    lines.push(`${path}: ${message}`);
    let node = tree;
    for (const step of path.split('.').filter((part) => part !== '')) {
      node = (node[step] ??= {}) as Tree;
    }
    ((node._errors ??= []) as { code: string; message: string }[]).push({ code, message });
  }

  return {
    wrong,
    length(path, value, least, most) {
      if (value === undefined || value === null || value === '') {
        if (least > 0) wrong(path, 'BASE_TYPE_REQUIRED', 'This field is required');
        return;
      }
      if (typeof value !== 'string') {
        wrong(path, 'STRING_TYPE_CONVERT', `Could not interpret "${String(value)}" as string.`);
      } else if (value.length > most) {
        wrong(path, 'BASE_TYPE_MAX_LENGTH', `Must be ${most} or fewer in length.`);
      } else if (value.length < least) {
        wrong(path, 'BASE_TYPE_MIN_LENGTH', `Must be ${least} or more in length.`);
      }
    },
    count(path, value, least, most) {
      if (value === undefined || value === null) {
        if (least > 0) wrong(path, 'BASE_TYPE_REQUIRED', 'This field is required');
        return;
      }
      if (!Array.isArray(value)) {
        wrong(path, 'LIST_TYPE_CONVERT', 'Only iterables may be used in a ListType');
      } else if (value.length < least || value.length > most) {
        wrong(path, 'BASE_TYPE_BAD_LENGTH', `Must be between ${least} and ${most} in length.`);
      }
    },
    check() {
      if (lines.length > 0) throw new Refusal(50035, { errors: tree, detail: lines.join('; ') });
    },
  };
}
