/** Why a request cannot be served, for programs: stable words that tests and logs may match on. */
export type ErrorCode =
  | 'bad-option'
  | 'bad-model'
  | 'bad-image'
  | 'bad-output'
  | 'no-device'
  | 'cancelled'
  | 'engine-died'
  | 'engine-hung'
  | 'engine-closed'
  | 'out-of-memory'
  /** The asker, or whom they ask about, may not do this here. */
  | 'not-allowed'
  /** A quota, or the line, is full for now. */
  | 'line-full'
  | 'quota'
  /** No such job, style or setting. */
  | 'not-found'
  /** A host that has what was asked for does not answer, or not well. */
  | 'unreachable'
  /** Refused by the prompt rules, or by the picture's safety check. */
  | 'unsafe'
  /** The message that was to be changed, or its channel, is gone. */
  | 'message-gone'
  /** Nothing can be shown there any more. */
  | 'no-room'
  /** Kiln is stopping. */
  | 'stopping';

/**
 * An error whose message is shown to the person as written: one sentence that says what was tried, the
 * value found and the value wanted. Everything else that is thrown is a defect and is logged with its cause.
 *
 * @example throw new UserError('bad-option', `Cannot draw at 500×512: width must be a multiple of 8`);
 */
export class UserError extends Error {
  override readonly name = 'UserError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
