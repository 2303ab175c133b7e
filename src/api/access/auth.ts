// Who may come in: whoever shows a bearer token (RFC 6750), either one of the listed or a JWT.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { atTime, type Clock } from '../../base/clock.ts';
import { UserError } from '../../base/user-error.ts';
import type { Telemetry } from '../../stream/telemetry.ts';
import type { Work } from './work-budget.ts';

/** What a token is worth: being let in, until it expires. */
export interface Pass {
  /**
   * Calls `then` when the token expires, unless the returned function is called before. All who wait
   * for one token are called in the order they came, in the same turn.
   */
  onExpiry(then: () => void): () => void;
}

/** A client that was let in: what its token is worth, and what pays for what it asks. */
export interface Client {
  readonly pass: Pass;
  readonly work: Work;
}

export interface Auth {
  /** Whether a token is asked for at all. */
  readonly isAsked: boolean;
  /** `how` completes the sentence "This server asks for a token; send it …", for who sent none. */
  check(token: string | undefined, how: string): Promise<Pass | UserError>;
}

/** When a JWT expires, in milliseconds since 1970, or why it is refused. */
export type JwtCheck = (token: string) => Promise<number | UserError>;

export interface AuthOptions {
  /** Secrets, any of which will do. */
  readonly tokens: readonly string[];
  /** Asked about tokens that are not among them. */
  readonly checkJwt: JwtCheck | undefined;
  readonly clock: Clock;
  readonly telemetry: Pick<Telemetry, 'rejected'>;
}

/** For whoever needs no token, or has one that never expires. */
export const UNLIMITED: Pass = { onExpiry: () => () => {} };

/** How a token is sent over HTTP. */
export const IN_HEADER = 'in a header "Authorization: Bearer <token>"';

const MISSING = 'This server asks for a token';

export const EXPIRED = new UserError(
  'UNAUTHENTICATED',
  'The token has expired; come back with a new one.',
);

export function createAuth({ tokens, checkJwt, clock, telemetry }: AuthOptions): Auth {
  // Digests under a key that nobody knows have one length, and tell nothing by the time they take.
  const key = randomBytes(32);
  const digest = (token: string) => createHmac('sha256', key).update(token).digest();
  const digests = tokens.map(digest);

  function isListed(token: string): boolean {
    const given = digest(token);
    let listed = false;
    for (const known of digests) listed = timingSafeEqual(known, given) || listed;
    return listed;
  }

  async function judge(token: string, how: string): Promise<Pass | UserError> {
    if (token === '') return new UserError('UNAUTHENTICATED', `${MISSING}; send it ${how}.`);
    if (isListed(token)) return UNLIMITED;
    if (!checkJwt) return new UserError('UNAUTHENTICATED', 'This token is none of those let in.');
    const until = await checkJwt(token);
    return until instanceof UserError ? until : passUntil(until, clock);
  }

  const isAsked = tokens.length > 0 || checkJwt !== undefined;
  return {
    isAsked,
    async check(token, how) {
      if (!isAsked) return UNLIMITED;
      const pass = await judge(token ?? '', how);
      if (pass instanceof UserError) telemetry.rejected('token', token ? 'a token' : 'no token');
      return pass;
    },
  };
}

/** The token of an `Authorization` header (RFC 6750, section 2.1), if it has one. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+)\s*$/i.exec(authorization ?? '')?.[1];
}

/** What a quoted string of a header may not hold as it is; a token that is refused may have brought it. */
const UNQUOTABLE = /["\\]|[^ -~]/g;

/** What `WWW-Authenticate` says to who is refused (RFC 6750, section 3). */
export function challengeOf({ message }: UserError): string {
  if (message.startsWith(MISSING)) return 'Bearer';
  return `Bearer error="invalid_token", error_description="${message.replaceAll(UNQUOTABLE, "'")}"`;
}

function passUntil(time: number, clock: Clock): Pass {
  const waiting = new Set<() => void>();
  let cancel = () => {};

  function expire(): void {
    const called = [...waiting];
    waiting.clear();
    for (const then of called) then();
  }

  return {
    onExpiry(then) {
      if (waiting.size === 0) cancel = atTime(clock, time, expire);
      waiting.add(then);
      return () => {
        if (waiting.delete(then) && waiting.size === 0) cancel();
      };
    },
  };
}
