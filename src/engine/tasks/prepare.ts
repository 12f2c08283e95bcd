import { picture } from './picture.js';
import type { Prepared, TaskTools } from './prepared.js';
import { text } from './text.js';

/** Chooses the task that a request is for this model, and prepares it. */
export function prepare(tools: TaskTools): Promise<Prepared> {
  return tools.settings.init ? picture(tools) : text(tools);
}
