import { defineCommand } from '../src/command.js';
import { findJob } from './drawing/findJob.js';
import { pressed } from './drawing/jobOptions.js';
import { typedAs } from './drawing/typedAs.js';

/** Tells the admins about a picture. */
export const report = defineCommand({
  name: 'report',
  about: 'Report a picture to the admins',
  options: pressed,
  who: 'everyone',
  ways: ['pressed'],

  async run(request, tools, responder) {
    const job = await findJob(request.options.job, request, tools);
    await responder.acknowledge({ private: true });
    const fresh = await tools.log.report(job.id, request.person.key, tools.clock.now());
    const told = fresh && (await tools.report(job, request));
    const noted = `Noted for the admins, who see it in ${typedAs('stats', request.place)}.`;
    const text = !fresh
      ? 'You have reported this picture before.'
      : told
        ? 'Reported to the admins. Thank you.'
        : noted;
    await responder.show({ text: [text], private: true });
  },
});
