import { UserError } from '../errors.js';
import { hangSignal } from './watchdog.js';

/** How an engine's process ended. */
export interface Death {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last few kB that it wrote to stdout and stderr. */
  readonly output: string;
  /** Set when the system would not start it at all. */
  readonly notStarted?: Error;
}

/**
 * The one sentence for whoever waits for a process that is gone. What the process wrote goes into it only while
 * opening, where its operator reads it; people in a chat get no paths and stack lines.
 *
 * @example deathError({ code: null, signal: 'SIGSEGV', output: '' }, 'draw', 120).code; // 'engine-died'
 */
export function deathError(death: Death, doing: 'draw' | 'open', hangSeconds: number): UserError {
  const action = doing === 'draw' ? 'Cannot finish drawing: the engine' : 'Cannot open the engine: it';
  const next = doing === 'draw' ? '; the next draw starts a fresh one' : '';
  if (death.signal === 'SIGALRM' && hangSignal === 'SIGALRM') {
    return new UserError(
      'engine-hung',
      `${action} was ended because one run took over ${hangSeconds} s${next}`,
    );
  }
  const said = doing === 'open' ? reason(death.output) : '';
  return new UserError('engine-died', `${action} ${manner(death)}${said}${next}`, {
    cause: death.notStarted ?? new Error(`It wrote: ${death.output.trim() || 'nothing'}`),
  });
}

function manner({ code, signal, notStarted }: Death): string {
  if (notStarted) return `did not start (${notStarted.message})`;
  if (signal === 'SIGKILL') return 'was killed (SIGKILL), which often means that memory ran out';
  if (signal) return `crashed (${signal})`;
  return `ended by itself with exit code ${code}`;
}

const longestReason = 300;

/** The first line that reads like an error, as Node, V8 and the C++ runtime write them. */
function reason(output: string): string {
  const line = output
    .split('\n')
    .find((line) => /\b\w*(error|exception|fatal|failed|terminate)\b/i.test(line));
  return line ? `: ${line.trim().slice(0, longestReason)}` : '';
}
