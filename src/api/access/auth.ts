// Checks bearer tokens (RFC 6750): one of the listed tokens, or a JWT.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { atTime, type Clock } from '../../base/clock.ts';
import { UserError } from '../../base/user-error.ts';
import type { Telemetry } from '../../stream/telemetry.ts';
import type { Work } from './work-budget.ts';

/** What a valid token grants: access until it expires. */
export interface Pass {
  /**
   * Calls `then` when the token expires, unless the returned function is called first. All that wait for one token are
   * called in the order of their calls, in one tick.
   */
  onExpiry(then: () => void): () => void;
}

/** A client that was admitted: what its token grants, and the budgets that pay for its operations. */
export interface Client {
  readonly pass: Pass;
  readonly work: Work;
}

export type Auth = ReturnType<typeof createAuth>;

/** When a JWT expires, in milliseconds since 1970, or why it is rejected. */
export type JwtCheck = (token: string) => Promise<number | UserError>;

interface AuthOptions {
  /** Secrets. Any one of them grants access. */
  readonly tokens: readonly string[];
  /** Checks tokens that are not listed; undefined where JWTs are not accepted. */
  readonly checkJwt: JwtCheck | undefined;
  readonly clock: Clock;
  readonly telemetry: Pick<Telemetry, 'rejected'>;
}

/** The pass of a client that needs no token, or has one that never expires. */
export const UNLIMITED: Pass = { onExpiry: () => () => {} };

/** How a token is sent over HTTP. */
export const IN_HEADER = 'in a header "Authorization: Bearer <token>"';

const MISSING = 'This server asks for a token';

const UNKNOWN = new UserError(
  'UNAUTHENTICATED',
  'The token is unknown; ask the operator for a valid one.',
);
export const EXPIRED = new UserError(
  'UNAUTHENTICATED',
  'The token has expired; connect again with a new one.',
);

export function createAuth({ tokens, checkJwt, clock, telemetry }: AuthOptions) {
  // Digests under a random key have one length, and the time to compare them reveals nothing.
  const key = randomBytes(32);
  const digest = (token: string) => createHmac('sha256', key).update(token).digest();
  const digests = tokens.map(digest);

  function isListed(token: string): boolean {
    const given = digest(token);
    let listed = false;
    for (const known of digests) listed = timingSafeEqual(known, given) || listed;
    return listed;
  }

  async function verify(token: string, how: string): Promise<Pass | UserError> {
    if (token === '') return new UserError('UNAUTHENTICATED', `${MISSING}; send it ${how}.`);
    if (isListed(token)) return UNLIMITED;
    if (!checkJwt) return UNKNOWN;
    const until = await checkJwt(token);
    return until instanceof UserError ? until : passUntil(until, clock);
  }

  const isRequired = tokens.length > 0 || checkJwt !== undefined;
  return {
    /** Whether clients need a token at all. */
    isRequired,
    /** `how` completes the sentence "This server asks for a token; send it …", for a client that sent none. */
    async check(token: string | undefined, how: string): Promise<Pass | UserError> {
      if (!isRequired) return UNLIMITED;
      const pass = await verify(token ?? '', how);
      if (pass instanceof UserError) telemetry.rejected('token', token ? 'a token' : 'no token');
      return pass;
    },
  };
}

/** The token of an `Authorization` header (RFC 6750, section 2.1), if it has one. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+)\s*$/i.exec(authorization ?? '')?.[1];
}

/** Characters that a quoted header string must escape; the message may quote a rejected token. */
const UNQUOTABLE = /["\\]|[^ -~]/g;

/** The `WWW-Authenticate` header of a rejection (RFC 6750, section 3). */
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
