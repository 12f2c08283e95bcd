import type { Random } from './random.js';

/** A place in some JSON: what holds it, and its name there. */
interface Spot {
  readonly holder: Record<string, unknown>;
  readonly name: string;
}

/**
 * JSON that is nearly what it was: one to four places are of another type, missing, huge, deep, doubled, renamed, of
 * a prototype's name or another place's value.
 *
 * @param how.keep paths, as `member.user.id`, that stay as they are, with all that leads there
 * @example mutate({ a: { b: 1 } }, { random, text: () => '@everyone' })
 */
export function mutate<Value>(
  value: Value,
  {
    random,
    text,
    keep = [],
  }: { readonly random: Random; readonly text: () => string; readonly keep?: readonly string[] },
): Value {
  const root = { value: structuredClone(value) } as Record<string, unknown>;
  for (let left = 1 + random.below(4); left > 0; left -= 1) {
    const spots = spotsOf(root, 'value', '', keep);
    if (spots.length === 0) break;
    change(random.pick(spots), spots);
  }
  return root.value as Value;

  function change({ holder, name }: Spot, spots: readonly Spot[]): void {
    const before = holder[name];
    const set = (after: unknown) => {
      // Not by assignment: `__proto__` would be no name then.
      Object.defineProperty(holder, name, {
        value: after,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    };
    const other = random.pick(spots);
    const changes: (() => void)[] = [
      () => void (Array.isArray(holder) ? holder.splice(Number(name), 1) : delete holder[name]),
      () => set(null),
      () => set(random.pick([0, -1, 1, 2 ** 31, 2 ** 53, 1e308, 0.5, -0.1, 3, 5])),
      () => set(random.pick([true, false, [], {}, '', '0'])),
      () => set(text()),
      () => set(text()),
      () => set(text()),
      () => set(structuredClone(other.holder[other.name])),
      () => set([before]),
      () => set({ value: before }),
      () => set(JSON.stringify(before) ?? ''),
      () => set(Array.from({ length: 1 + random.below(most(before)) }, () => before)),
      () => set(deep(1 + random.below(1500))),
      () => set('x'.repeat(random.below(40_000))),
      () =>
        set({
          ...asObject(before),
          ...JSON.parse(`{"${random.pick(prototypes)}":${JSON.stringify(random.pick(odd))}}`),
        }),
      () => set(typeof before === 'string' ? twist(before) : before),
      () => set(typeof before === 'string' ? twist(before) : (JSON.stringify(before) ?? '')),
    ];
    random.pick(changes)();
  }

  function twist(before: string): string {
    const at = random.below(before.length + 1);
    return random.pick([
      () => before.slice(0, at) + text() + before.slice(at),
      () => before.slice(0, at),
      () => before.slice(0, at) + String.fromCharCode(random.below(65_536)) + before.slice(at + 1),
      () => before.toUpperCase(),
      () => before + before,
      () => `${before}\u0000`,
    ])();
  }
}

/** How often something may stand in a list: what is doubled twice is not to fill the memory. */
function most(value: unknown): number {
  return Math.max(1, Math.min(300, Math.floor(200_000 / ((JSON.stringify(value) ?? '').length + 1))));
}

const prototypes = [
  '__proto__',
  'constructor',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'then',
  'toJSON',
  'length',
];
const odd = [null, 1, 'x', {}, { admin: true }, []];

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { value };
  return value;
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : { value };
}

/** At most two thousand: what was made huge before is not looked through whole. */
function spotsOf(
  holder: Record<string, unknown>,
  name: string,
  path: string,
  keep: readonly string[],
  found: Spot[] = [],
  level = 0,
): Spot[] {
  if (found.length > 2000 || level > 40) return found;
  const kept = keep.some((each) => each === path || each.startsWith(path === '' ? '' : `${path}.`));
  if (!kept) found.push({ holder, name });
  const value = holder[name];
  if (typeof value !== 'object' || value === null || keep.includes(path)) return found;
  for (const inside of Object.keys(value)) {
    const inner = path === '' ? inside : `${path}.${inside}`;
    spotsOf(value as Record<string, unknown>, inside, inner, keep, found, level + 1);
  }
  return found;
}
