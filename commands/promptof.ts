import { defineCommand } from '../src/command.js';
import { UserError } from '../src/errors.js';
import { findJob } from './drawing/findJob.js';
import { describe } from './info.js';
import { onMessage } from './reimagine.js';

/** On a message with a picture of Kiln's: what made it. */
export const promptOf = defineCommand({
  name: 'promptof',
  about: 'Show the prompt and settings of a picture',
  options: onMessage,
  who: 'everyone',
  ways: ['menu'],
  menuName: 'Prompt of this',

  async run(request, tools, responder) {
    if (request.options.job === undefined) {
      throw new UserError(
        'not-found',
        'Cannot tell the prompt of this message: want one with a picture of mine',
      );
    }
    const job = await findJob(request.options.job, request, tools);
    await responder.show({ text: describe(job), private: true });
  },
});
