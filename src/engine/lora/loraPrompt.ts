import { UserError } from '../../errors.js';
import type { LoraUse } from '../../job.js';

// `<lora:name>`, `<lora:name:0.8>`, `<lora:name:text encoders':U-Net's>`, as web UIs have it.
const form = /<lora:([^<>:]{1,200})((?::[^<>:]{0,100}){0,3})>/g;
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)$/;
const mostLoras = 16;
const mostWeight = 10;

/**
 * Takes the LoRAs out of a prompt, and joins those that are asked for besides.
 *
 * @throws UserError `bad-option` for a weight that is no number from −10 to 10, or over 16 LoRAs
 * @example takeLoras({ prompt: 'a cat <lora:ink:0.8>' }); // { prompt: 'a cat', loras: [{ name: 'ink', weight: 0.8 }] }
 */
export function takeLoras(request: { readonly prompt: string; readonly loras?: readonly LoraUse[] }): {
  readonly prompt: string;
  readonly loras: readonly LoraUse[];
} {
  const named: LoraUse[] = [];
  const prompt = request.prompt.replace(form, (_, name: string, weights: string) => {
    const [first, second] = weights.split(':').slice(1);
    const one = weightIn(name, first ?? '1');
    const two = second === undefined ? undefined : weightIn(name, second);
    named.push({
      name: name.trim(),
      ...(two === undefined ? { weight: one } : { weight: two, textWeight: one }),
    });
    return '';
  });
  const loras = [...named, ...(request.loras ?? [])];
  if (loras.length > mostLoras) {
    throw new UserError('bad-option', `Cannot draw with ${loras.length} LoRAs: want at most ${mostLoras}`);
  }
  for (const { name, weight, textWeight = weight } of loras)
    for (const one of [weight, textWeight]) checked(name, one);
  return { prompt: named.length === 0 ? request.prompt : prompt.replace(/ {2,}/g, ' ').trim(), loras };
}

function weightIn(name: string, text: string): number {
  const trimmed = text.trim();
  return checked(name, decimal.test(trimmed) ? Number(trimmed) : Number.NaN, trimmed);
}

function checked(name: string, weight: number, shown = `${weight}`): number {
  if (typeof weight === 'number' && Math.abs(weight) <= mostWeight) return weight;
  const cut = JSON.stringify(name.slice(0, 100));
  throw new UserError(
    'bad-option',
    `Cannot draw with LoRA ${cut} at weight ${JSON.stringify(shown.slice(0, 40))}: want a number from -${mostWeight} to ${mostWeight}`,
  );
}
