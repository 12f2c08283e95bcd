import type { Tools } from '../../src/command.js';
import { UserError } from '../../src/errors.js';
import { promptLoras } from '../../src/promptLoras.js';

const most = 16;
const mostWeight = 10;
const mostPrompt = 4000;
const number = /^[+-]?(\d{1,9}\.?\d{0,9}|\.\d{1,9})$/;

/**
 * A prompt with the LoRAs of an option at its end, as web UIs write them: so they stay with it wherever it goes.
 *
 * @throws UserError `bad-option` for what is no list of names and weights
 * @example withLoras('a cat', 'ink:0.8, wash') // 'a cat <lora:ink:0.8> <lora:wash>'
 */
export function withLoras(prompt: string, list: string | undefined): string {
  const named = (list ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const tags = named.map((one) => {
    const [, name, weight] = /^([^<>:]+)(?::\s*([^<>:]*))?$/.exec(one) ?? [];
    if (name === undefined || (weight !== undefined && !number.test(weight))) {
      throw new UserError(
        'bad-option',
        `Cannot draw with LoRA ${JSON.stringify(one.slice(0, 60))}: want names and weights, as ink:0.8, wash`,
      );
    }
    return `<lora:${name.trim()}${weight === undefined ? '' : `:${weight}`}>`;
  });
  const whole = [prompt, ...tags].filter((part) => part !== '').join(' ');
  if (tags.length === 0 || whole.length <= mostPrompt) return whole;
  throw new UserError(
    'bad-option',
    `Cannot draw: the prompt with its LoRAs has ${whole.length} characters, want at most ${mostPrompt}`,
  );
}

/**
 * Holds the LoRAs that a prompt names against those there are, so that who asks hears of it at once.
 *
 * @throws UserError `bad-option`
 */
export async function refuseUnknownLoras(prompt: string, tools: Pick<Tools, 'sideModels'>): Promise<void> {
  const named = promptLoras(prompt);
  if (named.length === 0) return;
  if (named.length > most) {
    throw new UserError('bad-option', `Cannot draw with ${named.length} LoRAs: want at most ${most}`);
  }
  const there = await tools.sideModels('loras');
  for (const { name, weights } of named) {
    refuseUnknown('LoRA', name, there);
    const odd = weights.map((weight) => weight.trim()).find((weight) => !isWeight(weight));
    if (odd === undefined) continue;
    const found = `${JSON.stringify(name)} at weight ${JSON.stringify(odd.slice(0, 40))}`;
    throw new UserError(
      'bad-option',
      `Cannot draw with LoRA ${found}: want a number from -${mostWeight} to ${mostWeight}`,
    );
  }
}

/**
 * @param what what one of those is called
 * @throws UserError `bad-option` naming some of those there are
 * @example refuseUnknown('ControlNet', 'canny', ['depth'])
 */
export function refuseUnknown(what: string, name: string, there: readonly string[]): void {
  if (there.some((one) => one.toLowerCase() === name.toLowerCase())) return;
  const few = there.slice(0, 10);
  const more = there.length > few.length ? ` and ${there.length - few.length} more` : '';
  const want = few.length > 0 ? `want one of ${few.join(', ')}${more}` : 'there are none here';
  throw new UserError(
    'bad-option',
    `Cannot draw with ${what} ${JSON.stringify(name.slice(0, 60))}: found none of that name, ${want}`,
  );
}

function isWeight(text: string): boolean {
  return number.test(text) && Math.abs(Number(text)) <= mostWeight;
}
