/** JSON that came from outside: nothing is known of its fields. */
export type Bag = Readonly<Record<string, unknown>>;

/** The value as an object; an empty one when it is none. */
export function bag(value: unknown): Bag {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Bag) : {};
}

/** The value as a list; an empty one when it is none. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value as text; `''` when it is none. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The value as a number; 0 when it is none. */
export function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
