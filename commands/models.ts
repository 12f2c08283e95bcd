import { z } from 'zod';
import { defineCommand } from '../src/command.js';

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
    const preset = settings.model ?? all[0]?.name;
    await responder.show({
      text: [`${all.length === 1 ? 'One model' : `${all.length} models`}; choose with --model NAME.`],
      items: all.slice(0, 25).map((model) => {
        const facts = [
          `${model.width}×${model.height}`,
          `${model.steps} steps`,
          `guidance ${model.guidance}`,
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
