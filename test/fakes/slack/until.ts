import type { World } from './world.js';

/**
 * Waits until the check gives something, looking again whenever anything changes in the fake.
 *
 * @throws what was waited for, after `milliseconds` of the machine's clock.
 */
export function until<T>(
  world: World,
  check: () => T | undefined | false | null,
  what = 'something',
  milliseconds = 10_000,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const finish = () => {
      world.watchers.delete(look);
      clearInterval(poll);
      clearTimeout(limit);
    };
    const look = () => {
      let found: T | undefined | false | null;
      try {
        found = check();
      } catch (error) {
        finish();
        reject(error);
        return;
      }
      if (found === undefined || found === false || found === null) return;
      finish();
      resolve(found);
    };
    // What the app alone changes, the fake does not hear of.
    const poll = setInterval(look, 50);
    const limit = setTimeout(() => {
      finish();
      reject(new Error(`Waited ${milliseconds} ms in vain for ${what}`));
    }, milliseconds);
    world.watchers.add(look);
    look();
  });
}
