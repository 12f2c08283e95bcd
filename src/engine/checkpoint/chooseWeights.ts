/**
 * Which of a component's files has its weights, as diffusers and transformers choose: the plain file or index when it
 * is there; else a variant, `fp16` before others.
 *
 * @param names the files beside its config
 * @param variant take this variant and nothing else, as diffusers' `variant`
 * @returns a `.safetensors` file, or the `.json` index of several
 * @example chooseWeights(['model.fp16.safetensors', 'config.json']); // 'model.fp16.safetensors'
 */
export function chooseWeights(names: readonly string[], variant?: string): string | undefined {
  const wanted = variant === undefined ? [undefined, ...variants(names)] : [variant];
  return wanted.flatMap(weightNames).find((name) => names.includes(name));
}

/** diffusers prefers an index to a single file, transformers a single file to an index. */
export function weightNames(variant: string | undefined): string[] {
  const dot = variant === undefined ? '' : `.${variant}`;
  return [
    `diffusion_pytorch_model.safetensors.index${dot}.json`,
    `diffusion_pytorch_model${dot}.safetensors`,
    `model${dot}.safetensors`,
    `model.safetensors.index${dot}.json`,
  ];
}

/**
 * The variants that there are weights of.
 *
 * @example variants(['model.safetensors', 'model.fp16.safetensors']); // ['fp16']
 */
export function variants(names: readonly string[]): string[] {
  const found = new Set<string>();
  for (const name of names) {
    const match =
      /^(?:diffusion_pytorch_)?model\.(\w+)\.safetensors$/.exec(name) ??
      /^(?:diffusion_pytorch_)?model\.safetensors\.index\.(\w+)\.json$/.exec(name);
    if (match) found.add(match[1]!);
  }
  return [...found].sort((a, b) => Number(b === 'fp16') - Number(a === 'fp16') || a.localeCompare(b));
}
