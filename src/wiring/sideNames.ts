import type { Clock } from '../clock.js';
import type { SideModels, Tools } from '../command.js';
import { listSideModels } from '../engine/sideModels.js';

/** A file that is put there is found so many milliseconds later at most, without a restart. */
const fresh = 5000;
/** What can be written as a part of a prompt or an option, and read from it again. */
const plain = /^[^./\\\p{Cc}<>:,][^/\\\p{Cc}<>:,]{0,199}$/u;

/**
 * The names of LoRAs and ControlNets, looked up on the disk every few seconds at most, however often they are asked for.
 *
 * @example await createSideNames({ folders: ['data/models'], clock })('loras') // ['ink', 'wash']
 */
export function createSideNames({
  folders,
  clock,
}: {
  readonly folders: readonly string[];
  readonly clock: Clock;
}): Tools['sideModels'] {
  const known = new Map<SideModels, { readonly at: number; readonly names: Promise<readonly string[]> }>();
  return (kind) => {
    const before = known.get(kind);
    if (before && Math.abs(clock.now() - before.at) < fresh) return before.names;
    const names = listSideModels(kind, folders).then((all) =>
      all.map(({ name }) => name).filter((name) => plain.test(name)),
    );
    known.set(kind, { at: clock.now(), names });
    return names;
  };
}
