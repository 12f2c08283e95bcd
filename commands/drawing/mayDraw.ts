import type { ModelInfo, Tools } from '../../src/command.js';
import { UserError } from '../../src/errors.js';
import type { JobOptions, RoomSettings } from '../../src/log/log.js';
import type { Person } from '../../src/request.js';

/**
 * Holds a drawing against what is allowed where it was asked for: roles, size, steps, count, model, words.
 *
 * @throws UserError `not-allowed`, `bad-option`, `unsafe`
 */
export function mayDraw(
  drawing: Omit<JobOptions, 'seed'>,
  person: Person,
  settings: RoomSettings,
  model: ModelInfo,
  tools: Pick<Tools, 'checkPrompt'>,
): void {
  const { roles, maxSide, maxSteps, maxCount } = settings;
  if (roles && roles.length > 0 && !person.admin && !roles.some((role) => person.roles.includes(role))) {
    throw new UserError(
      'not-allowed',
      'Cannot draw for you here: an admin has allowed it to some roles only',
    );
  }
  const width = drawing.width ?? model.width;
  const height = drawing.height ?? model.height;
  if (maxSide !== undefined && Math.max(width, height) > maxSide) {
    throw new UserError(
      'bad-option',
      `Cannot draw at ${width}×${height} here: want at most ${maxSide} a side`,
    );
  }
  const steps = drawing.steps ?? model.steps;
  if (maxSteps !== undefined && steps > maxSteps) {
    throw new UserError('bad-option', `Cannot draw with ${steps} steps here: want at most ${maxSteps}`);
  }
  if (maxCount !== undefined && drawing.count > maxCount) {
    throw new UserError('bad-option', `Cannot draw ${drawing.count} pictures here: want at most ${maxCount}`);
  }
  if (!model.checked && !model.builtIn && !settings.unchecked) {
    throw new UserError(
      'not-allowed',
      `Cannot draw with ${model.name} here: it has no safety checker, and no admin has allowed that with /settings unchecked`,
    );
  }
  for (const text of [drawing.prompt, drawing.negative]) if (text) tools.checkPrompt(text, settings);
}
