import { defineCommand } from '../src/command.js';
import { findJob } from './drawing/findJob.js';
import { pressed } from './drawing/jobOptions.js';
import { promptForm } from './drawing/promptForm.js';

/** Opens the prompt to be changed and drawn again. */
export const edit = defineCommand({
  name: 'edit',
  about: 'Change the prompt and draw again',
  options: pressed,
  who: 'everyone',
  ways: ['pressed'],

  async run(request, tools, responder) {
    const job = await findJob(request.options.job, request, tools);
    await responder.open(promptForm(job));
  },
});
