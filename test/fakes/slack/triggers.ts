import { refuse } from './refusal.js';
import type { View, World } from './world.js';

/** What an interaction lets the app do once: open a modal for the person. */
export interface Trigger {
  readonly user: string;
  /** Told of the view that was opened. */
  opened(view: View): void;
}

export interface Triggers {
  /** A new trigger id. */
  issue(user: string, opened: (view: View) => void): string;
  /** Takes a trigger, or refuses as Slack does. */
  use(id: unknown): Trigger;
}

/** Triggers are good once, and for `milliseconds` of the machine's clock, as acknowledgements are. */
export function createTriggers(world: World, milliseconds: number): Triggers {
  const issued = new Map<string, Trigger & { at: number; used: boolean }>();
  return {
    issue(user, opened) {
      const id = `${Date.now()}.${world.id('')}.${world.id('').toLowerCase()}`;
      issued.set(id, { user, opened, at: Date.now(), used: false });
      return id;
    },
    use(id) {
      const trigger = issued.get(`${id}`);
      if (!trigger) return refuse('invalid_trigger_id', `an unknown trigger: ${id}`);
      if (trigger.used) return refuse('exchanged_trigger_id', 'a trigger used twice');
      const age = Date.now() - trigger.at;
      if (age > milliseconds) return refuse('expired_trigger_id', `a trigger used after ${age} ms`);
      trigger.used = true;
      return trigger;
    },
  };
}
