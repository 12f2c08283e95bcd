import type { ModelInfo, Tools } from '../../src/command.js';
import { UserError } from '../../src/errors.js';
import type { JobOptions, RoomSettings } from '../../src/log/log.js';
import { promptLoras, withoutLoras } from '../../src/promptLoras.js';
import type { Person } from '../../src/request.js';

/** What a model can be asked for at all, enlarged or not. */
const mostSide = 2048;

/**
 * Holds a drawing against what is allowed where it was asked for: roles, size, steps, count, model, words.
 *
 * @param how.checkedBefore no model draws: what comes out is a picture that may be shown, larger
 * @throws UserError `not-allowed`, `bad-option`, `unsafe`
 */
export function mayDraw(
  drawing: Omit<JobOptions, 'seed'>,
  person: Person,
  settings: RoomSettings,
  model: ModelInfo,
  tools: Pick<Tools, 'checkPrompt'>,
  { checkedBefore = false } = {},
): void {
  const { roles, maxSide, maxSteps, maxCount } = settings;
  if (roles && roles.length > 0 && !person.admin && !roles.some((role) => person.roles.includes(role))) {
    throw new UserError(
      'not-allowed',
      'Cannot draw for you here: an admin has allowed it to some roles only',
    );
  }
  const { scale = 1 } = drawing.hires ?? {};
  const width = Math.round((drawing.width ?? model.width) * scale);
  const height = Math.round((drawing.height ?? model.height) * scale);
  if (drawing.hires && Math.max(width, height) > mostSide) {
    throw new UserError(
      'bad-option',
      `Cannot draw with hires ${scale}: it would end at ${width}×${height}, want at most ${mostSide} a side`,
    );
  }
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
  if (!model.checked && !model.builtIn && !settings.unchecked && !checkedBefore) {
    throw new UserError(
      'not-allowed',
      `Cannot draw with ${model.name} here: it has no safety checker, and no admin has allowed that with /settings unchecked`,
    );
  }
  // A LoRA's name is a word like any other, and its tag must not keep two words apart.
  const loras = promptLoras(drawing.prompt).map(({ name }) => name);
  for (const text of [withoutLoras(drawing.prompt), drawing.negative, ...loras]) {
    if (text) tools.checkPrompt(text, settings);
  }
}
