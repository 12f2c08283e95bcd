import type { Job } from './log/log.js';
import type { Button } from './request.js';

/**
 * The buttons under a job's pictures: U to show one alone, V to vary one, and what can be done with the whole.
 *
 * @example jobButtons(job)[0] // U1 … U4 where there are four pictures
 */
export function jobButtons(job: Job): readonly (readonly Button[])[] {
  const shown = job.images.filter(({ key }) => key).map(({ index }) => index);
  if (job.images.length === 1) return pictureButtons(job, 1);
  const each = (letter: string, command: string): Button[] =>
    shown.map((index) => ({ command, job: job.id, index, label: `${letter}${index}` }));
  return [each('U', 'pick'), each('V', 'vary'), ofAll(job.id), aside(job.id)];
}

/** The buttons under one picture alone. */
export function pictureButtons(job: Job, index: number): readonly (readonly Button[])[] {
  const { id } = job;
  return [
    [
      { command: 'vary', job: id, index, label: `V${index}` },
      { command: 'subtle', job: id, index, label: 'Vary (subtle)' },
      { command: 'enlarge', job: id, index, label: 'Upscale ×2' },
      { command: 'zoom', job: id, index, label: 'Zoom out' },
      { command: 'emoji', job: id, index, label: 'Use as emoji' },
    ],
    ofAll(id),
    aside(id),
  ];
}

/** Under a job that waits or is drawn. */
export function waitingButtons(job: Job): readonly (readonly Button[])[] {
  return [[{ command: 'cancel', job: job.id, label: 'Cancel', style: 'danger' }]];
}

function ofAll(job: string): Button[] {
  return [
    { command: 'reroll', job, label: 'Re-roll', emoji: '🔄' },
    { command: 'edit', job, label: 'Edit' },
    { command: 'info', job, label: 'Info' },
  ];
}

function aside(job: string): Button[] {
  return [
    { command: 'report', job, label: 'Report' },
    { command: 'delete', job, label: 'Delete', style: 'danger' },
  ];
}
