/**
 * What lies at `path` in something that came from outside; undefined where there is nothing.
 *
 * @example at(body, 'event', 'files', 0, 'name')
 */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string | number, unknown>)[key];
  }
  return found;
}

/** The text at `path`; undefined for anything else, and for an empty one. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/** The identifier at `path`, as Slack makes them: short, and without a space. Undefined for anything else. */
export function idAt(value: unknown, ...path: readonly (string | number)[]): string | undefined {
  const found = textAt(value, ...path);
  return found && /^[\x21-\x7e]{1,255}$/.test(found) ? found : undefined;
}

/** The list at `path`; empty where there is none. */
export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}
