/** How long the first answer may take, in milliseconds. */
export const answerLimit = 3000;
/** How long the token lives, in milliseconds. */
export const tokenLimit = 15 * 60_000;
