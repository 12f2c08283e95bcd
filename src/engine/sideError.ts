import { UserError } from '../errors.js';
import { quote } from './checkpoint/refuse.js';

const start = 'Cannot open ';

/**
 * What was wrong with a side model's file, told by the name that somebody asked for: where the models lie is nobody's
 * business in a chat. Any other error comes back as it was.
 *
 * @param path that the file has, or begins with
 * @example throw sideError(error, 'LoRA', 'ink', '/m/loras/ink.safetensors'); // Cannot draw with LoRA "ink": it is …
 */
export function sideError(
  error: unknown,
  kind: 'LoRA' | 'embedding' | 'ControlNet' | 'refiner',
  name: string,
  path: string,
): unknown {
  if (!(error instanceof UserError) || !error.message.startsWith(start + path)) return error;
  const at = error.message.indexOf(': ', start.length + path.length);
  if (at < 0) return error;
  const message = `Cannot draw with ${kind} ${quote(name)}${error.message.slice(at)}`;
  return new UserError(error.code, message, { cause: error });
}
