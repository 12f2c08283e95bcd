import type { ModelInfo } from '../../src/command.js';
import { UserError } from '../../src/errors.js';
import type { RoomSettings } from '../../src/log/log.js';

interface Wanted {
  readonly aspect?: string;
  readonly width?: number;
  readonly height?: number;
}

const steepest = 4;

/**
 * The size to draw at: as given, or of the aspect that was asked for with about the area of the model's own size.
 *
 * @throws UserError `bad-option` for a size the model cannot draw, or an aspect beyond 4:1
 * @example sizeFor({ aspect: '3:2' }, {}, { width: 512, height: 512, multiple: 8, … }) // { width: 624, height: 416 }
 */
export function sizeFor(
  { aspect, width, height }: Wanted,
  settings: RoomSettings,
  model: ModelInfo,
): { width?: number; height?: number } {
  if (onlyEnlarges(model) && aspect === undefined) {
    if ((width === undefined) === (height === undefined)) return { width, height };
    const [found, missing] = width === undefined ? ['height', 'width'] : ['width', 'height'];
    throw new UserError(
      'bad-option',
      `Cannot enlarge to ${found} ${width ?? height}: found no ${missing}, want both or none`,
    );
  }
  if (enlarges(model)) {
    const asked = aspect ?? width ?? height;
    if (asked === undefined) return {};
    throw new UserError(
      'bad-option',
      `Cannot draw at ${asked} with ${model.name}: it enlarges a picture, and that is the size, want none`,
    );
  }
  if (aspect !== undefined && (width !== undefined || height !== undefined)) {
    throw new UserError(
      'bad-option',
      `Cannot draw at ${aspect}: found a width or height too, want one or the other`,
    );
  }
  for (const [name, value] of Object.entries({ width, height })) {
    if (value !== undefined && value % model.multiple !== 0) {
      throw new UserError(
        'bad-option',
        `Cannot draw at ${width ?? model.width}×${height ?? model.height}: ${name} must be a multiple of ${model.multiple}`,
      );
    }
  }
  if (aspect !== undefined) return ofAspect(aspect, settings, model);
  if (width === undefined && height === undefined) return { width: settings.width, height: settings.height };
  return { width, height };
}

/**
 * Whether it is a network that a picture goes through and nothing is drawn by: no words, no noise, no steps.
 */
export function onlyEnlarges(model: Pick<ModelInfo, 'tasks' | 'resizes'>): boolean {
  return enlarges(model) && model.resizes === true;
}

/** Whether its pictures are as large as what they are made of has it. */
export function enlarges({ tasks }: Pick<ModelInfo, 'tasks'>): boolean {
  return tasks.includes('upscale') && !tasks.includes('text');
}

function ofAspect(
  aspect: string,
  settings: RoomSettings,
  model: ModelInfo,
): { width: number; height: number } {
  const [across, down] = aspect.split(':').map(Number) as [number, number];
  const ratio = across / down;
  if (!(ratio >= 1 / steepest && ratio <= steepest)) {
    throw new UserError(
      'bad-option',
      `Cannot draw at ${aspect}: want at most ${steepest}:1 or 1:${steepest}`,
    );
  }
  const area = (settings.width ?? model.width) * (settings.height ?? model.height);
  const rounded = (side: number) =>
    Math.max(model.multiple, Math.round(side / model.multiple) * model.multiple);
  return { width: rounded(Math.sqrt(area * ratio)), height: rounded(Math.sqrt(area / ratio)) };
}
