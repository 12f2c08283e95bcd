/** What goes over the wire, before anyone has looked at it. */
// biome-ignore lint/suspicious/noExplicitAny: JSON from outside, whose every field is checked where it is used
export type Wire = Record<string, any>;
