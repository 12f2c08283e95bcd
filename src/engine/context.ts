import { UserError } from '../errors.js';
import type { Checkpoint, TextEncoder } from './checkpoint/folder.js';
import type { Embeddings } from './embeddings/embeddings.js';
import { type Learned, learnedFor, withVectors } from './embeddings/learned.js';
import type { Embedding } from './embeddings/openEmbedding.js';
import { keepLately } from './keepLately.js';
import { givesTextEmbeds, isXl, type Model } from './model.js';
import type { Tensor } from './session.js';
import type { LazyTokenizer } from './tokenizer/knownTokenizer.js';
import { type Chunk, type EncodedPrompt, encodePrompts } from './tokenizer/prompt.js';
import { applyWeights } from './tokenizer/weights.js';

/** What the U-Net is told about one prompt. */
export interface PromptContext {
  /** `encoder_hidden_states` [S, D]. */
  readonly states: Float32Array;
  /** S: tokens, over all chunks of a long prompt. */
  readonly tokens: number;
  /** `text_embeds` [P], where the checkpoint has it. */
  readonly pooled?: Float32Array;
}

/** The unconditional prompt's and the prompt's own context, of equal length; the first only where guidance asks for it. */
export interface GuidedContext {
  readonly negative?: PromptContext;
  readonly positive: PromptContext;
  readonly warnings: readonly string[];
}

export interface PromptEncoder {
  /**
   * @param negative undefined where none was given: SDXL then takes zeros, as diffusers does
   * @param guided whether the unconditional context is needed at all
   * @param clipSkip layers of CLIP left out at its end for the prompt, and for it alone, as in diffusers' pipelines
   * @throws UserError `bad-option` for more layers than there are
   */
  encode(
    prompt: string,
    negative: string | undefined,
    guided: boolean,
    clipSkip?: number,
  ): Promise<GuidedContext>;
}

interface EncodedText {
  readonly chunks: readonly PromptContext[];
  readonly warnings: readonly string[];
}

// A chat asks for the same prompt again and again: re-rolls, counts, the empty negative prompt. One of 77 tokens is
// 0.2 MB in Stable Diffusion 1.5; one of sixteen chunks up to 10 MB in SDXL.
const keptPrompts = 64;
const keptBytes = 64 * 2 ** 20;

/**
 * Prompts to the U-Net's context through all text encoders of a model, as its diffusers pipeline does; prompts past
 * CLIP's window go in chunks, side by side. Words that are embeddings stand for the vectors they have.
 *
 * @example const { positive } = await createPromptEncoder(model, tokenizers).encode('a red fox', undefined, true);
 */
export function createPromptEncoder(
  model: Model,
  tokenizers: readonly LazyTokenizer[],
  embeddings?: Embeddings,
): PromptEncoder {
  const { checkpoint } = model;
  const lately = keepLately<EncodedText>({ most: keptPrompts, bytes: keptBytes, sizeOf: bytesOf });

  async function encodeText(text: string, skip = 0): Promise<EncodedText> {
    const found = (await embeddings?.in(text)) ?? [];
    const key = `${skip} ${found.map(({ hash }) => hash)} ${text}`;
    return lately(key, () => runEncoders(text, skip, found));
  }

  async function runEncoders(text: string, skip: number, found: readonly Embedding[]): Promise<EncodedText> {
    const maxLength = checkpoint.textStates?.max_length;
    const open = await Promise.all(tokenizers.map((tokenizer) => tokenizer()));
    const learned = open.map(({ size }, i) => learnedFor(found, i, size));
    const prompts = encodePrompts(open, text, { maxLength, learned: learned.map(({ words }) => words) });
    const parts: PromptContext[][] = [];
    for (const [i, prompt] of prompts.entries()) parts.push(await runEncoder(i, prompt, skip, learned[i]!));
    const chunks = parts[0]!.map((_, chunk) => sideBySide(parts.map((part) => part[chunk]!)));
    return { chunks, warnings: prompts[0]!.warnings };
  }

  async function runEncoder(
    index: number,
    prompt: EncodedPrompt,
    skip: number,
    learned: Learned,
  ): Promise<PromptContext[]> {
    const encoder = checkpoint.textEncoders[index]!;
    const contexts: PromptContext[] = [];
    for (const chunk of prompt.chunks) {
      const { states, text_embeds } = await model
        .textEncoder(index, skip, learned.words.length > 0)
        .run(withVectors(feeds(checkpoint, encoder, chunk), learned));
      const tokens = chunk.ids.length;
      const weighted = applyWeights(states!.data as Float32Array, chunk.weights);
      contexts.push(
        checkpoint.textStates
          ? ownStates(weighted, chunk.mask, checkpoint.textStates)
          : { states: weighted, tokens, pooled: text_embeds?.data as Float32Array | undefined },
      );
    }
    return contexts;
  }

  return {
    async encode(prompt, negative, guided, clipSkip = 0) {
      refuseToSkip(checkpoint, clipSkip);
      const positive = await encodeText(prompt, clipSkip);
      if (!guided) return { positive: endToEnd(positive.chunks), warnings: positive.warnings };
      if (negative === undefined && checkpoint.forceZerosForEmptyPrompt && isXl(checkpoint)) {
        const context = endToEnd(positive.chunks);
        return { negative: zeroed(context), positive: context, warnings: positive.warnings };
      }
      const other = await encodeText(negative ?? '');
      const count = Math.max(positive.chunks.length, other.chunks.length);
      const filled = async ({ chunks }: EncodedText, skip: number) => {
        if (chunks.length === count) return endToEnd(chunks);
        const empty = (await encodeText('', skip)).chunks[0]!;
        return endToEnd([...chunks, ...Array<PromptContext>(count - chunks.length).fill(empty)]);
      };
      return {
        negative: await filled(other, 0),
        positive: await filled(positive, clipSkip),
        warnings: [...positive.warnings, ...(negative === undefined ? [] : other.warnings)],
      };
    },
  };
}

/** With none left the states are the tokens' embeddings, as in diffusers; SDXL leaves out one layer as it is. */
function refuseToSkip(checkpoint: Checkpoint, clipSkip: number): void {
  if (clipSkip === 0) return;
  const layers = checkpoint.textEncoders.map((encoder) =>
    encoder.kind === 'clip' ? encoder.config.num_hidden_layers - (isXl(checkpoint) ? 1 : 0) : 0,
  );
  const most = Math.max(0, Math.min(...layers));
  if (clipSkip <= most) return;
  const wanted = most === 0 ? '0' : `0 to ${most}`;
  throw new UserError(
    'bad-option',
    `Cannot draw with clip skip ${clipSkip}: ${checkpoint.name} has no more layers to leave out, want ${wanted}`,
  );
}

function feeds(checkpoint: Checkpoint, encoder: TextEncoder, { ids, mask }: Chunk): Record<string, Tensor> {
  const row = (data: Int32Array): Tensor => ({ dtype: 'int32', dims: [1, data.length], data });
  if (encoder.kind === 'bert') return { input_ids: row(ids), attention_mask: row(mask) };
  if (!givesTextEmbeds(checkpoint, encoder)) return { input_ids: row(ids) };
  return {
    input_ids: row(ids),
    end_index: { dtype: 'int32', dims: [1], data: Int32Array.of(endIndex(encoder, ids)) },
  };
}

/**
 * Where transformers' CLIP takes a prompt's pooled state from: the first end token, or, with the `eos_token_id` of 2
 * that old configs carry by mistake, the largest id. Source: transformers, modeling_clip.py, `CLIPTextTransformer`.
 */
function endIndex(encoder: TextEncoder & { kind: 'clip' }, ids: Int32Array): number {
  const end = [encoder.config.eos_token_id].flat()[0];
  if (end === 2) return ids.indexOf(Math.max(...ids));
  return Math.max(0, ids.indexOf(end ?? -1));
}

/** The states as `text_states` of model_index.json wants them: states [S, D], mask [S]. */
function ownStates(
  states: Float32Array,
  mask: Int32Array,
  how: { zero_padding: boolean; pooled?: 'masked_mean' },
): PromptContext {
  const tokens = mask.length;
  const width = states.length / tokens;
  const kept = how.zero_padding ? states.map((x, i) => x * mask[Math.floor(i / width)]!) : states;
  if (!how.pooled) return { states: kept, tokens };
  const pooled = new Float32Array(width);
  const real = mask.reduce((sum, one) => sum + one, 0);
  for (let i = 0; i < width; i++) {
    let sum = 0;
    for (let token = 0; token < tokens; token++) sum += states[token * width + i]! * mask[token]!;
    pooled[i] = sum / real;
  }
  return { states: kept, tokens, pooled };
}

/** Several encoders' states of the same tokens, joined feature by feature; the pooled state is the last one's. */
function sideBySide(parts: readonly PromptContext[]): PromptContext {
  if (parts.length === 1) return parts[0]!;
  const { tokens } = parts[0]!;
  const widths = parts.map(({ states }) => states.length / tokens);
  const width = widths.reduce((sum, one) => sum + one, 0);
  const states = new Float32Array(tokens * width);
  let at = 0;
  for (let token = 0; token < tokens; token++) {
    for (const [i, part] of parts.entries()) {
      states.set(part.states.subarray(token * widths[i]!, (token + 1) * widths[i]!), at);
      at += widths[i]!;
    }
  }
  return { states, tokens, pooled: parts.findLast(({ pooled }) => pooled)?.pooled };
}

/** A long prompt's chunks, one after the other; the pooled state is the first one's. */
function endToEnd(chunks: readonly PromptContext[]): PromptContext {
  if (chunks.length === 1) return chunks[0]!;
  const states = new Float32Array(chunks.reduce((sum, chunk) => sum + chunk.states.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    states.set(chunk.states, at);
    at += chunk.states.length;
  }
  return { states, tokens: chunks.reduce((sum, { tokens }) => sum + tokens, 0), pooled: chunks[0]!.pooled };
}

function bytesOf({ chunks }: EncodedText): number {
  return chunks.reduce((sum, { states, pooled }) => sum + states.byteLength + (pooled?.byteLength ?? 0), 0);
}

function zeroed(context: PromptContext): PromptContext {
  return {
    states: new Float32Array(context.states.length),
    tokens: context.tokens,
    pooled: context.pooled && new Float32Array(context.pooled.length),
  };
}
