import { defineCommand } from '../src/command.js';
import { UserError } from '../src/errors.js';
import { findJob, mayEnd } from './drawing/findJob.js';
import { pressed } from './drawing/jobOptions.js';

/** Deletes a picture: its message, its row and its files. */
export const deleteCommand = defineCommand({
  name: 'delete',
  about: 'Delete a picture of yours',
  options: pressed,
  who: 'everyone',
  ways: ['pressed'],

  async run(request, tools, responder) {
    const job = await findJob(request.options.job, request, tools);
    if (!mayEnd(job, request)) {
      throw new UserError('not-allowed', 'Cannot delete this: want whoever asked for it, or a moderator');
    }
    // Also where it is another than the job's own: one of several alone, or brought there by /show.
    await responder.takeAway?.();
    await responder.acknowledge({ private: true });
    await tools.cancel(job);
    await tools.remove(job);
    await responder.show({
      text: ['Deleted: the message, the picture and what the log held of it.'],
      private: true,
    });
  },
});
