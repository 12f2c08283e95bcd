import { defineCommand, type ModelInfo } from '../src/command.js';
import { UserError } from '../src/errors.js';
import type { RoomSettings } from '../src/log/log.js';
import { extrasOf, refuseIgnored } from './drawing/extras.js';
import { findJob } from './drawing/findJob.js';
import { imagineOptions } from './drawing/imagineOptions.js';
import { refuseUnknownLoras, withLoras } from './drawing/loras.js';
import { mayDraw } from './drawing/mayDraw.js';
import { sizeFor } from './drawing/size.js';
import { sourcesOf } from './drawing/sources.js';
import { styled } from './drawing/styled.js';
import { submit } from './drawing/submit.js';

/** The whole way from what somebody types to a place in the line. */
export const imagine = defineCommand({
  name: 'imagine',
  about: 'Draw a picture of what you describe',
  localized: {
    de: { name: 'imagine', about: 'Ein Bild zu deiner Beschreibung zeichnen' },
    fr: { name: 'imagine', about: 'Dessiner une image de ce que tu décris' },
    'es-ES': { name: 'imagine', about: 'Dibujar una imagen de lo que describes' },
  },
  options: imagineOptions,
  who: 'everyone',
  ways: ['typed', 'pressed'],
  accepts: true,

  async run(request, tools, responder) {
    const { options, place } = request;
    const from = options.job === undefined ? undefined : await findJob(options.job, request, tools);
    const settings = await tools.settings(place);
    const model = tools.models.get(options.model ?? settings.model ?? tools.models.list()[0]!.name);
    refuseIgnored(options, model);
    const sources = sourcesOf(options, from, model);
    const { init } = sources;
    if (options.prompt.trim() === '' && !init) {
      throw new UserError('bad-option', 'Cannot draw: found no prompt, want one, as in /imagine a red fox');
    }
    const { prompt, negative } = await styled(options, place, tools);
    const quality = options.quality ?? settings.quality;
    const extras = await extrasOf({ ...options, quality }, sources, model, tools);
    const drawing = {
      prompt: withLoras(prompt, options.lora),
      negative,
      ...sizeFor(options, settings, model),
      steps: options.steps ?? stepsUnasked(settings, model),
      guidance: options.guidance,
      count: options.count ?? 1,
      scheduler: options.scheduler,
      model: model.name,
      style: options.style,
      strength: init && (options.strength ?? from?.options.strength),
      ...extras,
    };
    mayDraw(drawing, request.person, settings, model, tools);
    await refuseUnknownLoras(drawing.prompt, tools);
    await submit(
      request,
      {
        kind: 'imagine',
        options: drawing,
        seed: options.seed,
        ...sources,
        parent: from && { job: from.id, index: 1 },
      },
      settings,
      tools,
      responder,
    );
  },
});

/** Who asks for no number of steps is not refused for the model's own, where fewer are allowed. */
function stepsUnasked({ steps, maxSteps }: RoomSettings, model: ModelInfo): number | undefined {
  const most = maxSteps ?? Number.POSITIVE_INFINITY;
  return (steps ?? model.steps) > most ? most : steps;
}
