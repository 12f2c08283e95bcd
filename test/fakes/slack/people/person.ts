import type { PersonRecord } from '../world.js';
import { createInteracting, type InteractingVerbs } from './interacting.js';
import type { PeopleParts } from './parts.js';
import { createPosting, type PostingVerbs } from './posting.js';

/** Somebody in a workspace, and all that they can do to the app. */
export interface Person extends PostingVerbs, InteractingVerbs {
  readonly id: string;
  readonly name: string;
  readonly team: string;
  /** `<@U…>` */
  readonly tag: string;
}

/**
 * A person who acts.
 *
 * @example
 * const said = await ada.mention(channel, 'a red fox');
 * said.acknowledged; // milliseconds
 */
export function createPerson(parts: PeopleParts, record: PersonRecord): Person {
  return {
    id: record.id,
    name: record.name,
    team: record.team,
    tag: `<@${record.id}>`,
    ...createPosting(parts, record),
    ...createInteracting(parts, record),
  };
}
