import { jobButtons, waitingButtons } from '../buttons.js';
import type { Job } from '../log/log.js';
import type { Reply, Shown, Text } from '../request.js';
import { minutes } from '../saying.js';

/** What a job's one message says at each of its states. */

const promptShown = 300;

/** In the line. */
export function waitingReply(job: Job, standing: { position: number; eta: number }): Reply {
  const again = job.attempt > 1 ? ' (once more: the last try was cut short)' : '';
  return {
    text: [
      ...headline(job),
      `\nIn line: place ${standing.position}, starts in ${minutes(standing.eta)}${again}`,
    ],
    buttons: waitingButtons(job),
  };
}

/** Being drawn; `step` counts over all of its pictures. */
export function drawingReply(job: Job, step: number, steps: number, preview?: Shown): Reply {
  return {
    text: [...headline(job), `\nDrawing: ${steps === 0 ? 'getting ready' : `step ${step} of ${steps}`}`],
    progress: { step, steps, preview },
    buttons: waitingButtons(job),
  };
}

/** The pictures. */
export function doneReply(job: Job, picture: Shown): Reply {
  const { drawnWith, images, options } = job;
  const flagged = images.filter(({ key }) => key === undefined).length;
  const [first, last] = [images[0]!.seed, images.at(-1)!.seed];
  const seeds = first === last ? `seed ${first}` : `seeds ${first} to ${last}`;
  const facts = [seeds, `${images[0]!.width}×${images[0]!.height}`, options.model, drawnTime(job)].filter(
    Boolean,
  );
  const notes = [
    ...(drawnWith?.warnings ?? []),
    ...(flagged > 0 ? [`${flagged} of ${images.length} not shown: the safety checker flagged them.`] : []),
  ];
  return {
    text: [
      { mention: job.person.id },
      ' ',
      ...headline(job),
      `\n${facts.join(' · ')} · `,
      { code: job.id },
      ...notes.map((note) => `\n${note}`),
    ],
    pictures: [picture],
    buttons: jobButtons(job),
  };
}

/** Its end without a picture. */
export function failedReply(job: Job): Reply {
  return {
    text: [{ mention: job.person.id }, ' ', ...marked(job), `\n${job.errorText ?? 'It failed.'}`],
  };
}

export function cancelledReply(job: Job): Reply {
  return { text: [...marked(job), '\nCancelled.'] };
}

/** Kiln stops; the job is kept for its next start. */
export function stoppedReply(job: Job): Reply {
  return { text: [...marked(job), '\nKiln is restarting; this is drawn when it is back.'] };
}

/** With the job's id, by which its message is known where no button carries it. */
function marked(job: Job): Text {
  return [...headline(job), ' · ', { code: job.id }];
}

function headline(job: Job): Text {
  const { parent, kind } = job;
  const characters = [...job.options.prompt];
  const prompt =
    characters.length <= promptShown
      ? job.options.prompt
      : `${characters.slice(0, promptShown - 1).join('')}…`;
  const from = {
    reroll: 're-roll of ',
    vary: 'variation of ',
    enlarge: 'twice the size of ',
    zoom: 'around ',
    imagine: 'from ',
  }[kind];
  return [
    { bold: prompt === '' ? '(no prompt)' : prompt },
    ...(parent ? [` · ${from}`, { code: parent.job }] : []),
  ];
}

function drawnTime({ timings }: Job): string | undefined {
  const { load = 0, encode = 0, denoise, decode = 0 } = timings;
  return denoise === undefined ? undefined : `${((load + encode + denoise + decode) / 1000).toFixed(1)} s`;
}
