/** What nobody is to read in an answer: what only somebody who mends Kiln could make use of. */
const faults: readonly (readonly [RegExp, string])[] = [
  [/something in Kiln went wrong/, 'a defect was met'],
  [/\n\s+at .+\d+:\d+/, 'a stack trace'],
  [/node_modules|dist\/src|src\/[\w/]+\.[jt]s|file:\/\/\/|\/tmp\/kiln|\.[jt]s:\d+/, 'a path'],
  [
    /Cannot read propert|is not a function|is not iterable|is not defined|Unexpected token|Maximum call stack/,
    "JavaScript's words",
  ],
  [/ZodError|Prisma|SQLITE_|invalid_type|Invalid input/, "a library's words"],
  [/\[object \w+\]|\bundefined\b/, 'a value that was never meant to be read'],
];

/**
 * Why an answer is not fit to be read; undefined where it is. An error is one sentence, which starts with "Cannot".
 *
 * @param own what the asker gave, which may be quoted
 * @example saysTooMuch('Cannot draw at 500×512: width must be a multiple of 8') // undefined
 */
export function saysTooMuch(answer: string): string | undefined {
  const fault = faults.find(([pattern]) => pattern.test(answer))?.[1];
  if (fault) return `${fault}: ${answer.slice(0, 300)}`;
  if (!answer.startsWith('Cannot ')) return undefined;
  if (answer.length > 800) return `an error of ${answer.length} characters: ${answer.slice(0, 300)}`;
  return undefined;
}
