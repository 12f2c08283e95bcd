import type { Clock } from '../clock.js';
import type { Command, Suggestion } from '../command.js';
import type { Logger } from '../logger.js';
import type { Handle, Person, Place } from '../request.js';

/** What main hands to every adapter. */
export interface AdapterTools {
  readonly commands: readonly Command[];
  readonly handle: Handle;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Keys of people who are admins everywhere, as `discord:80351110224678912`. */
  readonly admins: readonly string[];
  /** Values that fit what was typed so far, best first; at most `most`. Quick: from memory. */
  suggest(
    what: Suggestion,
    typed: string,
    asking: { readonly person: Pick<Person, 'key'>; readonly place: Pick<Place, 'platform' | 'server'> },
    most: number,
  ): Promise<readonly string[]>;
  /** Small values that outlive a restart, by names such as `discord/session/0`. */
  readonly memory: {
    get(name: string): Promise<string | undefined>;
    set(name: string, value: string | undefined): Promise<void>;
  };
}
