/** A piece of a prompt, and how much its words count; 1 is as usual. */
interface Segment {
  readonly text: string;
  readonly weight: number;
}

/** A weighted piece's marks in the prompt: `(` at `open`, `:` at `colon`, `)` at `close`. */
interface Form {
  readonly open: number;
  readonly colon: number;
  readonly close: number;
  readonly weight: number;
}

const mostWeight = 10;
// What is longer than any sensible number is not looked at, so that no prompt takes time beyond its length.
const longestNumber = 20;

/**
 * Parts a prompt at its weights, written `(words:1.2)`. Only this form counts. Everything else is text, as in diffusers:
 * bare parentheses, brackets, `(words:loud)`, `(:3)` without words, a parenthesis that has no partner. A backslash
 * keeps a parenthesis from opening or closing a form, and stays in the text. Nested forms multiply. Weights lie
 * between 0 and 10; others count as the nearer of the two.
 *
 * @returns the pieces in order, none empty; the prompt as it is when it has no such form.
 * @example parseWeights('a (red:1.2) car'); // [{ text: 'a ', weight: 1 }, { text: 'red', weight: 1.2 }, …]
 */
export function parseWeights(prompt: string): Segment[] {
  const marks = new Map<number, Form>();
  for (const form of findForms(prompt)) for (const at of [form.open, form.colon]) marks.set(at, form);
  if (marks.size === 0) return [{ text: prompt, weight: 1 }];

  const segments: Segment[] = [];
  const outer: number[] = [];
  let weight = 1;
  let start = 0;
  for (const at of [...marks.keys()].toSorted((a, b) => a - b)) {
    const form = marks.get(at)!;
    if (at > start) segments.push({ text: prompt.slice(start, at), weight });
    if (at === form.open) {
      outer.push(weight);
      weight = inRange(weight * form.weight);
      start = at + 1;
    } else {
      weight = outer.pop()!;
      start = form.close + 1;
    }
  }
  if (start < prompt.length) segments.push({ text: prompt.slice(start), weight });
  return segments;
}

function findForms(prompt: string): Form[] {
  const forms: Form[] = [];
  const opened: { open: number; colon: number }[] = [];
  for (let i = 0; i < prompt.length; i++) {
    const character = prompt[i];
    if (character === '\\') i++;
    else if (character === '(') opened.push({ open: i, colon: i });
    else if (character === ':' && opened.length > 0) opened.at(-1)!.colon = i;
    else if (character === ')' && opened.length > 0) {
      const { open, colon } = opened.pop()!;
      const weight = numberIn(prompt, colon + 1, i);
      const hasWords = prompt.slice(open + 1, colon).trim() !== '';
      if (weight !== undefined && hasWords) forms.push({ open, colon, close: i, weight });
    }
  }
  return forms;
}

function numberIn(prompt: string, start: number, end: number): number | undefined {
  if (end - start > longestNumber) return undefined;
  const written = prompt.slice(start, end).trim();
  return /^[+-]?(\d+\.?\d*|\.\d+)$/.test(written) ? inRange(Number(written)) : undefined;
}

function inRange(weight: number): number {
  return Math.min(mostWeight, Math.max(0, weight));
}
