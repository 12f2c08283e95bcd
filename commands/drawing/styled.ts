import type { Tools } from '../../src/command.js';
import { UserError } from '../../src/errors.js';
import type { Place } from '../../src/request.js';
import { serverOf } from './serverOf.js';
import { typedAs } from './typedAs.js';

/**
 * The prompt with the style's words around it, and both negative prompts in one.
 *
 * @throws UserError `not-found` for a style that is not there
 */
export async function styled(
  { prompt, negative, style }: { prompt: string; negative?: string; style?: string },
  place: Place,
  { log }: Pick<Tools, 'log'>,
): Promise<{ prompt: string; negative?: string }> {
  if (style === undefined) return { prompt, negative };
  const styles = await log.styles(serverOf(place));
  const found = styles.find(({ name }) => name.toLowerCase() === style.toLowerCase());
  if (!found) {
    const names = styles.map(({ name }) => name).join(', ');
    throw new UserError(
      'not-found',
      `Cannot draw in style ${JSON.stringify(style)}: there is none of that name, want ${names ? `one of ${names}` : `one that an admin has made with ${typedAs('styles', place)}`}`,
    );
  }
  const both = [negative, found.negative].filter(Boolean).join(', ');
  // A function, since a prompt may hold what replace() reads as a pattern: $& and the like.
  return { prompt: found.prompt.replace('{prompt}', () => prompt), negative: both === '' ? undefined : both };
}
