import type { SideKind } from '../engine/sideModels.js';

/** What can be pulled besides models, by the word for one of it, and the folder that it goes to. */
export const kinds = {
  lora: 'loras',
  embedding: 'embeddings',
  vae: 'vae',
  controlnet: 'controlnets',
  upscaler: 'upscalers',
} as const satisfies Record<string, SideKind>;

/** A model, or one of those beside the models. */
export type Kind = 'model' | keyof typeof kinds;

/** Folders in the models' folder that no model may be called like. */
export const sideFolders: readonly string[] = Object.values(kinds);
