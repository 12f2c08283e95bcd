import type { Config } from '../config/config.js';
import type { Forked } from '../engine/fork.js';

/** A flag: `value` is what stands for its value in the help, and absent for a flag that takes none. */
export interface Flag {
  readonly value?: string;
  readonly about: string;
  /** Whether it may be given more than once; its values are in `Arguments.lists`. */
  readonly repeats?: boolean;
}

/** What was typed after the command's name, split but not yet understood. */
export interface Arguments {
  readonly positionals: readonly string[];
  /** Values by flag; `''` for a flag that takes none. */
  readonly flags: ReadonlyMap<string, string>;
  /** All values, in order, of each flag that may be given more than once and was. */
  readonly lists?: ReadonlyMap<string, readonly string[]>;
}

/** Where a command writes, and how it is told to stop. */
export interface Surroundings {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly loadConfig: () => Config;
  /** The process of an engine that draws, already on its way; only for commands that always draw. */
  readonly forked?: Forked;
}

/** One of `kiln`'s commands. */
export interface CliCommand {
  readonly name: string;
  /** How it is typed, after `kiln`. */
  readonly usage: string;
  readonly about: string;
  readonly flags: Readonly<Record<string, Flag>>;
  /** For the help, after the flags. */
  readonly notes?: string;
  /** How long it may take to stop after Ctrl-C; three seconds when left out. */
  readonly graceMilliseconds?: number;
  /** @throws UserError, shown as it is; exit status 1 */
  run(args: Arguments, surroundings: Surroundings): Promise<void>;
}
