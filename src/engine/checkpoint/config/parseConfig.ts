import type { z } from 'zod';
import { readJson } from '../json.js';
import { quote, refuse } from '../refuse.js';

// Real ones have a few kB; each wrong value of a long list would cost a few hundred bytes to report.
const usualBytes = 1_000_000;

/**
 * Reads a component's config file by its schema.
 *
 * @param maxBytes how long the file may be; more than usual only where `schema` looks into no long list.
 * @throws UserError `bad-model` naming the first key that is wrong, its value and the value wanted.
 * @example await parseConfig(UNetConfig, '/m/unet/config.json');
 */
export async function parseConfig<Schema extends z.ZodType>(
  schema: Schema,
  file: string,
  maxBytes = usualBytes,
): Promise<z.infer<Schema>> {
  return parseValue(schema, await readJson(file, maxBytes), file);
}

/**
 * Holds a config that was read, or made, against its schema.
 *
 * @param file named in what is refused
 * @param part a word for which of several configs it is
 * @throws UserError `bad-model` naming the first key that is wrong, its value and the value wanted.
 */
export function parseValue<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  file: string,
  part = '',
): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = deepest(result.error.issues);
  const key = issue.path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('');
  return refuse(
    file,
    `${part}${key.replace(/^\./, '') || 'it'} is ${shown(value, issue.path)}`,
    issue.message,
  );
}

interface Issue {
  readonly path: PropertyKey[];
  readonly message: string;
}

/** The first issue; of a choice between types, the one that got furthest into the value. */
function deepest([first]: z.core.$ZodIssue[]): Issue {
  if (first?.code !== 'invalid_union') return first!;
  const inner = first.errors.flat().map(({ path, message }) => ({ path: [...first.path, ...path], message }));
  return inner.reduce<Issue>((best, issue) => (issue.path.length > best.path.length ? issue : best), first);
}

function shown(value: unknown, path: readonly PropertyKey[]): string {
  let found: unknown = value;
  for (const part of path) {
    const object: unknown = found;
    if (object === null || typeof object !== 'object' || !Object.hasOwn(object, part)) return 'missing';
    found = (object as Record<PropertyKey, unknown>)[part];
  }
  if (Array.isArray(found)) return `a list of ${found.length}`;
  if (found !== null && typeof found === 'object') return 'an object';
  return typeof found === 'string' ? quote(found) : String(found);
}
