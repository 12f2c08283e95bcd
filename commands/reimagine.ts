import { z } from 'zod';
import { defineCommand, hints } from '../src/command.js';
import { UserError } from '../src/errors.js';
import { findJob } from './drawing/findJob.js';
import { jobId } from './drawing/jobOptions.js';
import { promptForm } from './drawing/promptForm.js';

/** What a message holds: a job of Kiln's, or somebody's words. */
export const onMessage = z.object({
  job: jobId
    .optional()
    .describe('The job shown in the message')
    .register(hints, { label: 'Job', hidden: true }),
  text: z
    .string()
    .optional()
    .describe('The words of the message')
    .register(hints, { label: 'Text', hidden: true }),
});

/** On a message: its prompt, or its words, to be changed and drawn. */
export const reimagine = defineCommand({
  name: 'reimagine',
  about: 'Draw what a message says, or draw its picture again',
  options: onMessage,
  who: 'everyone',
  ways: ['menu'],
  menuName: 'Re-imagine',

  async run(request, tools, responder) {
    const { job, text } = request.options;
    if (job !== undefined) {
      await responder.open(promptForm(await findJob(job, request, tools)));
      return;
    }
    const prompt = text?.trim() ?? '';
    if (prompt === '') {
      throw new UserError('not-found', 'Cannot draw this message: found no words in it, want some');
    }
    await responder.open({
      title: 'Draw this message',
      command: 'imagine',
      fields: [
        {
          name: 'prompt',
          label: 'Prompt',
          value: prompt.slice(0, 4000),
          long: true,
          required: true,
          most: 4000,
        },
      ],
    });
  },
});
