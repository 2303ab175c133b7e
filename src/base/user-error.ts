// A user's mistake. It is returned as a value, and shown to the user word for word.

export type UserErrorCode =
  | 'BAD_TRACK'
  | 'BAD_CURSOR'
  | 'BAD_USER_INPUT'
  | 'LIMIT_REACHED'
  | 'UPSTREAM_FULL'
  | 'UNAUTHENTICATED';

export class UserError extends Error {
  readonly code: UserErrorCode;
  readonly retryAfter: number | undefined;

  /** `message` is one sentence: what was wrong, and what to do. If waiting is enough, `retryAfter` says how many seconds. */
  constructor(code: UserErrorCode, message: string, retryAfter?: number) {
    super(message);
    this.name = 'UserError';
    this.code = code;
    this.retryAfter = retryAfter;
  }
}
