/** A LoRA as a prompt names it. */
export interface PromptLora {
  readonly name: string;
  /** As they were typed, the first the text encoders' where there are two. */
  readonly weights: readonly string[];
}

// As web UIs have it: `<lora:name>`, `<lora:name:0.8>`, `<lora:name:text encoders':U-Net's>`. The engine reads the same.
const form = /<lora:([^<>:]{1,200})((?::[^<>:]{0,100}){0,3})>/g;

/**
 * The LoRAs that a prompt names.
 *
 * @example promptLoras('a cat <lora:ink:0.8>') // [{ name: 'ink', weights: ['0.8'] }]
 */
export function promptLoras(prompt: string): readonly PromptLora[] {
  return [...prompt.matchAll(form)].map(([, name, weights]) => ({
    name: name!.trim(),
    weights: weights!.split(':').slice(1),
  }));
}

/**
 * A prompt's own words.
 *
 * @example withoutLoras('a cat <lora:ink:0.8> asleep') // 'a cat asleep'
 */
export function withoutLoras(prompt: string): string {
  const words = prompt.replace(form, '');
  return words === prompt ? prompt : words.replace(/ {2,}/g, ' ').trim();
}
