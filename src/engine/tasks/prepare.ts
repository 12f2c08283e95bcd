import type { Task } from '../drawing.js';
import { instruct } from './instruct.js';
import { mask } from './mask.js';
import { picture } from './picture.js';
import type { Prepared, TaskTools } from './prepared.js';
import { text } from './text.js';
import { upscale } from './upscale.js';

const preparing: Readonly<Record<Task, (tools: TaskTools) => Promise<Prepared>>> = {
  text,
  picture,
  mask,
  instruct,
  upscale,
};

/** Prepares a task; a U-Net that sees a mask has one always. */
export function prepare(task: Task, tools: TaskTools): Promise<Prepared> {
  const { in_channels, out_channels } = tools.checkpoint.unet.config;
  const seesMask = in_channels > out_channels && (task === 'text' || task === 'picture');
  return preparing[seesMask ? 'mask' : task](tools);
}
