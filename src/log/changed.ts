import type { RoomSettings } from './log.js';

/** Settings with the changes that were given; null takes a setting back, undefined leaves it. */
export function changed(
  settings: RoomSettings,
  changes: { readonly [name in keyof RoomSettings]?: RoomSettings[name] | null },
): RoomSettings {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  const all = { ...settings, ...Object.fromEntries(given) };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
}
