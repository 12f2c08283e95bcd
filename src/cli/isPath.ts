/**
 * Whether what was given for a model, a LoRA or the like is a path, and no name: it has a separator in it, or ends as the
 * files do.
 *
 * @example isPath('ink'); // false
 */
export function isPath(nameOrPath: string): boolean {
  return /[/\\]|\.safetensors$/.test(nameOrPath);
}
