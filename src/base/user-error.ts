// A user's mistake: returned as a value where it is found, and shown to the user word for word.

export type UserErrorCode = 'BAD_TRACK' | 'LIMIT_REACHED' | 'UPSTREAM_FULL' | 'UNAUTHENTICATED';

export class UserError extends Error {
  readonly code: UserErrorCode;

  /** `message` is one sentence: what is wrong, and what would be right. */
  constructor(code: UserErrorCode, message: string) {
    super(message);
    this.name = 'UserError';
    this.code = code;
  }
}
