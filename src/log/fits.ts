import type { Filter, Job } from './log.js';
import { lowered } from './lowered.js';

/** Whether a job is one that the filter asks for. */
export function fits(job: Job, filter: Filter): boolean {
  const {
    from = -Infinity,
    to = Infinity,
    person,
    platform,
    server,
    channel,
    model,
    states,
    search,
  } = filter;
  return (
    job.asked >= from &&
    job.asked < to &&
    (person === undefined || job.person.key === person) &&
    (platform === undefined || job.place.platform === platform) &&
    (server === undefined || job.place.server === server) &&
    (channel === undefined || job.place.channel === channel) &&
    (model === undefined || job.options.model === model) &&
    (states === undefined || states.includes(job.state)) &&
    (!search || lowered(job.options.prompt).includes(lowered(search.slice(0, 1000))))
  );
}
