import { type ErrorCode, UserError } from '../errors.js';
import type { DrawRequest, Picture, Progress } from '../job.js';
import type { ModelFacts, PipelineOptions, WarmUp } from './drawing.js';

/** Raised whenever a message changes: an engine compiled from another state of the code is refused at its hello. */
export const protocol = 3;

/** What the engine's process needs to load its model. */
export interface Opening extends Omit<PipelineOptions, 'onRun'> {
  /** URL of the module that exports `openPipeline`; the engine's own when left out. */
  readonly pipeline?: string;
  /** Longest that one run may take, in seconds. */
  readonly hangSeconds: number;
}

/** To the engine. Answers carry the `id` of what they answer. */
export type ToEngine =
  | { readonly type: 'open'; readonly id: number; readonly opening: Opening }
  | { readonly type: 'warm'; readonly id: number; readonly sizes: readonly WarmUp[] }
  | { readonly type: 'draw'; readonly id: number; readonly request: DrawRequest; readonly preview: boolean }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'close' };

/** From the engine. `memory` is the process's private memory in bytes. */
export type FromEngine =
  | { readonly type: 'hello'; readonly protocol: number }
  | { readonly type: 'opened'; readonly id: number; readonly facts: ModelFacts; readonly memory: number }
  /** The facts again: what was measured may have changed them. */
  | { readonly type: 'warmed'; readonly id: number; readonly facts: ModelFacts; readonly memory: number }
  /** The draw was taken up: from now on a death of the process may be its doing. */
  | { readonly type: 'began'; readonly id: number }
  | { readonly type: 'progress'; readonly id: number; readonly progress: Progress }
  | { readonly type: 'drawn'; readonly id: number; readonly picture: Picture; readonly memory: number }
  | { readonly type: 'failed'; readonly id: number; readonly error: WireError; readonly memory: number };

/** An error on its way: structured clone would drop `code`. */
export interface WireError {
  /** Set for a UserError. */
  readonly code?: ErrorCode;
  readonly message: string;
  /** With the stacks of its causes; for the log, never for a person. */
  readonly trace: string;
}

/** What crosses the process border of something thrown. */
export function toWire(error: unknown): WireError {
  if (error instanceof UserError) return { code: error.code, message: error.message, trace: traceOf(error) };
  const message = error instanceof Error ? error.message : String(error);
  return { message, trace: traceOf(error) };
}

/** The error again: a UserError as it was; anything else a plain Error with the engine's trace as its `cause`. */
export function fromWire({ code, message, trace }: WireError): Error {
  const cause = new Error(message);
  cause.stack = trace;
  if (code) return new UserError(code, message, { cause });
  return new Error(`The engine failed: ${message.split('\n', 1)[0]}`, { cause });
}

function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own}\nCaused by: ${traceOf(error.cause)}`;
}
