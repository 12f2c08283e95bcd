import { z } from 'zod';
import { defineCommand, type ModelInfo } from '../src/command.js';
import { enlarges } from './drawing/size.js';

/** The models there are to draw with. */
export const models = defineCommand({
  name: 'models',
  about: 'List the models that can draw here',
  localized: { de: { name: 'modelle', about: 'Die Modelle zeigen, die hier zeichnen können' } },
  options: z.object({}),
  who: 'everyone',
  ways: ['typed'],

  async run(request, tools, responder) {
    const settings = await tools.settings(request.place);
    const all = tools.models.list();
    const [loras, controlNets] = await Promise.all([
      tools.sideModels('loras'),
      tools.sideModels('controlnets'),
    ]);
    const beside = [
      ...(loras.length > 0 ? [`\nLoRAs, by --lora NAME:0.8: ${some(loras)}.`] : []),
      ...(controlNets.length > 0
        ? [`\nControlNets, by --control NAME and a picture: ${some(controlNets)}.`]
        : []),
    ];
    const preset = settings.model ?? all[0]?.name;
    await responder.show({
      text: [
        `${all.length === 1 ? 'One model' : `${all.length} models`}; choose with --model NAME.`,
        ...beside,
      ],
      items: all.slice(0, 25).map((model) => {
        const facts = [
          ...whatFor(model),
          model.checked
            ? 'pictures are checked'
            : model.builtIn
              ? 'comes with Kiln'
              : 'has no safety checker',
          model.warm ? 'warm' : 'is loaded when asked for',
        ];
        const own = model.name === preset ? ' (used unless you say otherwise)' : '';
        return { title: [{ bold: model.name }, own], body: [facts.join(', ')] };
      }),
      private: true,
    });
  },
});

function whatFor(model: ModelInfo): string[] {
  const { tasks, scale, width, height, steps, guidance } = model;
  if (enlarges(model)) return [`enlarges a picture${scale ? ` ×${scale}` : ''}`];
  const drawn = [`${width}×${height}`, `${steps} steps`, `guidance ${guidance}`];
  if (tasks.includes('instruct')) return ['changes a picture as the prompt says', ...drawn];
  if (tasks.includes('text')) return drawn;
  return [tasks.includes('picture') ? 'goes on with a picture' : 'redraws a part of a picture', ...drawn];
}

/** The first of a list, and how many more there are. */
function some(names: readonly string[]): string {
  const shown = names.slice(0, 20);
  return [
    shown.join(', '),
    ...(names.length > shown.length ? [`${names.length - shown.length} more`] : []),
  ].join(' and ');
}
