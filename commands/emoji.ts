import { defineCommand } from '../src/command.js';
import { UserError } from '../src/errors.js';
import { findJob, pictureOf } from './drawing/findJob.js';
import { pressed } from './drawing/jobOptions.js';

/** Makes a picture an emoji of the server. */
export const emoji = defineCommand({
  name: 'emoji',
  about: 'Use a picture as an emoji of this server',
  options: pressed,
  who: 'everyone',
  ways: ['pressed'],

  async run(request, tools, responder) {
    const { options, person, place } = request;
    const job = await findJob(options.job, request, tools);
    const picture = pictureOf(job, options.index);
    if (place.server === undefined) {
      throw new UserError(
        'not-allowed',
        'Cannot make an emoji here: want a server, which has emoji of its own',
      );
    }
    if (!person.makesEmoji && place.platform === 'discord') {
      throw new UserError(
        'not-allowed',
        'Cannot make an emoji here: want the permission Create Expressions for both you and Kiln',
      );
    }
    await responder.acknowledge({ private: true });
    const png = await tools.storage.get(picture.key);
    if (!png) throw new UserError('not-found', `Cannot use job ${job.id}: its picture is not kept any more`);
    const made = await tools.createEmoji(place, emojiName(job.options.prompt, job.id), png);
    if (made === undefined) {
      const shown = await tools.shown(job, [picture.index]);
      await responder.show({
        text: [
          'Bots may not add emoji here. Save this picture and add it under Customize workspace → Emoji.',
        ],
        pictures: shown ? [shown] : [],
        private: true,
      });
      return;
    }
    await responder.show({ text: ['Made an emoji: ', { code: made }], private: true });
  },
});

/** Two to 32 letters, digits and underscores, from the prompt's words. */
function emojiName(prompt: string, job: string): string {
  const words = prompt
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 28)
    .replace(/_+$/, '');
  return words.length >= 2 ? words : `kiln_${job.slice(-4)}`;
}
