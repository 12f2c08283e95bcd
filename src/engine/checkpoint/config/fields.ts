import { z } from 'zod';

/*
 * The kinds of value that a config may hold. Each carries, as its error text, what it wants, so that parseConfig can
 * say it in one sentence. All numbers are capped: a config is hostile input, and a network is built from it.
 */

/** A whole number, both ends included. */
export function whole(least: number, most: number) {
  const wanted = `a whole number from ${least} to ${most}`;
  return z.int(wanted).min(least, wanted).max(most, wanted);
}

/** A finite number, both ends included. */
export function real(least: number, most: number) {
  const wanted = `a number from ${least} to ${most}`;
  return z.number(wanted).min(least, wanted).max(most, wanted);
}

export function flag() {
  return z.boolean('true or false');
}

export function text() {
  return z.string('text').max(1000, 'at most 1000 characters');
}

/** One of a few words. */
export function oneOf<const Words extends readonly string[]>(...words: Words) {
  return z.enum(words, words.map((word) => JSON.stringify(word)).join(' or '));
}

/** The one value that is supported, of several that diffusers knows. */
export function only<const Value extends string | number | boolean | null>(value: Value) {
  return z.literal(value, `${JSON.stringify(value)}, as no other is supported`);
}

/** 1 to `most` of `item`. */
export function listOf<Item extends z.ZodType>(item: Item, most: number) {
  const wanted = `a list of 1 to ${most}`;
  return z.array(item, wanted).min(1, wanted).max(most, wanted);
}

/** Of `a` or of `b`. */
export function either<A extends z.ZodType, B extends z.ZodType>(a: A, b: B, wanted: string) {
  return z.union([a, b], wanted);
}

/** A list of exactly two. */
export function pair<Item extends z.ZodType>(item: Item) {
  return z.tuple([item, item], 'a list of 2');
}
