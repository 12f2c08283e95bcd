import { fileOf } from './messages.js';
import type { Wire } from './wire.js';
import type { Message, StoredFile, View, World } from './world.js';

/** A picture in a message. */
export interface SeenImage {
  alt: string;
  file: StoredFile | undefined;
  url: string | undefined;
}

/** A message as people see it: the record, and what its blocks come to. It changes as the message does. */
export interface Seen extends Message {
  /** The text that is shown: that of the blocks where there are any, else the text. */
  readonly shown: string;
  /** The labels of the buttons. */
  readonly buttons: string[];
  readonly images: SeenImage[];
}

/** All elements that can be pressed or filled in, with the block that each is in. */
export function elementsOf(blocks: readonly Wire[]): { block: Wire; element: Wire }[] {
  return blocks.flatMap((block) => {
    const inside = block.type === 'actions' ? (block.elements as Wire[]) : [block.accessory, block.element];
    return inside.filter((one) => one?.action_id !== undefined).map((element) => ({ block, element }));
  });
}

/** The text in blocks, a line for each text, without what stands on buttons. */
function textOf(blocks: readonly Wire[]): string {
  const lines: string[] = [];
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) for (const one of node) walk(one);
    if (typeof node !== 'object' || node === null || Array.isArray(node)) return;
    const wire = node as Wire;
    if (wire.type === 'button') return;
    if (typeof wire.text === 'string') lines.push(wire.text);
    for (const [key, value] of Object.entries(wire))
      if (key !== 'text' || typeof value === 'object') walk(value);
  };
  walk(blocks);
  return lines.join('\n');
}

function imagesOf(world: World, message: Message): SeenImage[] {
  const nodes = message.blocks.flatMap((block) => [
    block,
    block.accessory,
    ...((block.elements as Wire[]) ?? []),
  ]);
  const inBlocks = nodes
    .filter((node) => node?.type === 'image')
    .map((node: Wire) => ({
      alt: node.alt_text as string,
      file: node.slack_file ? fileOf(world, node.slack_file) : undefined,
      url: node.image_url as string | undefined,
    }));
  return [...inBlocks, ...message.files.map((file) => ({ alt: file.alt, file, url: undefined }))];
}

const known = new WeakMap<Message, Seen>();

/** The message as people see it; always the same object for the same message. */
export function seen(world: World, message: Message): Seen {
  const found = known.get(message);
  if (found) return found;
  const view = Object.create(message, {
    shown: { get: () => (message.blocks.length > 0 ? textOf(message.blocks) : message.text) },
    buttons: {
      get: () =>
        elementsOf(message.blocks)
          .filter(({ element }) => element.type === 'button')
          .map(({ element }) => element.text.text),
    },
    images: { get: () => imagesOf(world, message) },
  }) as Seen;
  known.set(message, view);
  return view;
}

/**
 * The element that a person means: its action_id, its label or its value, or else the only label that contains it.
 *
 * @throws with all labels when there is none.
 */
export function findElement(on: Message | View, label: string): { block: Wire; element: Wire } {
  const blocks = 'content' in on ? (on.content.blocks as Wire[]) : on.blocks;
  const all = elementsOf(blocks);
  const named = ({ element }: { element: Wire }) =>
    `${element.text?.text ?? element.placeholder?.text ?? ''}`;
  const found =
    all.find(({ element }) => element.action_id === label) ??
    all.find((one) => named(one) === label) ??
    all.find(({ element }) => element.value === label) ??
    all.find(({ block }) => block.block_id === label);
  if (found) return found;
  const near = all.filter((one) => named(one).includes(label));
  if (near.length === 1) return near[0]!;
  const there = all.map((one) => `${named(one)} (${one.element.action_id})`).join(', ');
  throw new Error(`Cannot press "${label}": there is ${there || 'nothing to press'}`);
}
