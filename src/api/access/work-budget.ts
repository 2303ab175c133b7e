// What operations cost, and the budgets that pay for them: one for each connection, one for each address.
// Work is counted by its size, if possible before it is done, and never by the time it took.

import { type Clock, systemClock } from '../../base/clock.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import { UserError } from '../../base/user-error.ts';
import type { Rejection } from './rejection-answers.ts';

/** In units of work. A unit is about a tenth of a microsecond, and so is a character of anything. */
export const PRICES = {
  /** A query, a subscription that is opened, a message of `/track`. */
  operation: 1000,
  /** Each token of a query that is parsed because it is not in the cache. */
  token: 50,
  /** An estimate, which may cost money: by default, all that one connection may ask for in a second. */
  estimate: 200_000,
  /** Each bucket of a question about the past. */
  bucket: 100,
  /** Each character of a parsed query, of an analyzed or explained text, and of an answer. */
  character: 1,
} as const;

/** How many seconds' worth a client may use at once. */
const BURST_SECONDS = 2;

/** Whose budget pays. */
type Payer = 'connection' | 'address';

/** Distinct selections of events that one address may have; equal ones count as one, whatever their track. */
export const MAX_SELECTIONS_PER_ADDRESS = 64;
const TOO_MANY = `Your address has reached its limit of ${MAX_SELECTIONS_PER_ADDRESS} different selections of events; end one, or select the same fields under the same names.`;

/** Distinct windows that one address may watch; equal ones count as one. */
export const MAX_WINDOWS_PER_ADDRESS = 256;
const TOO_MANY_WINDOWS = `Your address has reached its limit of ${MAX_WINDOWS_PER_ADDRESS} different windows; end one, or watch one track and span in several places.`;

/** What one address uses, and how often each. */
export interface Held {
  readonly selections: Map<string, number>;
  readonly windows: Map<string, number>;
}

export function holdsNothing(): Held {
  return { selections: new Map(), windows: new Map() };
}

const MOST_HELD = {
  selections: { most: MAX_SELECTIONS_PER_ADDRESS, excess: TOO_MANY },
  windows: { most: MAX_WINDOWS_PER_ADDRESS, excess: TOO_MANY_WINDOWS },
} as const;

/** The budget of an address, and what its clients use. */
export interface SharedBudget {
  readonly work: TokenBucket;
  readonly held: Held;
}

/** `rate` is in units a second. */
export function createBudget(rate: number, now: number): TokenBucket {
  return new TokenBucket(rate, rate * BURST_SECONDS, now);
}

/** The budgets of one client. An operation may begin while each of them has something left. */
export class Work {
  readonly #own: TokenBucket | undefined;
  readonly #shared: SharedBudget | undefined;
  readonly #clock: Clock;
  readonly #onRejected: (payer: Payer) => void;

  /**
   * `own` belongs to the client's connection and `shared` to its address; what is undefined has no bound. `onRejected`
   * is called for every operation that is rejected.
   */
  constructor(
    own: TokenBucket | undefined,
    shared: SharedBudget | undefined,
    clock: Clock,
    onRejected: (payer: Payer) => void,
  ) {
    this.#own = own;
    this.#shared = shared;
    this.#clock = clock;
    this.#onRejected = onRejected;
  }

  /** Counts a use of a selection or window until the returned function is called, or says why it is rejected. */
  hold(kind: keyof Held, key: string): (() => void) | UserError {
    const held = this.#shared?.held[kind];
    if (held === undefined) return () => {};
    const uses = held.get(key) ?? 0;
    const { most, excess } = MOST_HELD[kind];
    if (uses === 0 && held.size >= most) return this.rejectHeld(excess);
    held.set(key, uses + 1);
    return () => {
      const left = (held.get(key) ?? 1) - 1;
      if (left === 0) held.delete(key);
      else held.set(key, left);
    };
  }

  /** Counts a subscription that is rejected for what it uses, and returns the error for its client. */
  rejectHeld(message: string): UserError {
    this.#onRejected('address');
    return new UserError('LIMIT_REACHED', message);
  }

  /** Why no operation may begin now, or undefined if one may. */
  overdrawn(): Rejection | undefined {
    const now = this.#clock.monotonic();
    if (this.#own?.isEmpty(now)) return this.#overdrawn('connection', this.#own.wait(now));
    const work = this.#shared?.work;
    return work?.isEmpty(now) ? this.#overdrawn('address', work.wait(now)) : undefined;
  }

  #overdrawn(payer: Payer, wait: number): Rejection {
    this.#onRejected(payer);
    const seconds = Math.ceil(wait / 1000);
    const name = payer === 'address' ? 'Your address' : 'This connection';
    const message = `${name} has used up its budget of work; wait ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
    const error = new UserError('LIMIT_REACHED', message, seconds);
    return { status: 429, retryAfter: seconds, error };
  }

  /** Takes `units` from every budget. */
  charge(units: number): void {
    const now = this.#clock.monotonic();
    this.#own?.charge(now, units);
    this.#shared?.work.charge(now, units);
  }

  /** Takes what an answer costs, and returns it. */
  chargeAnswer<T extends object>(answer: T): T {
    const isFree = this.#own === undefined && this.#shared === undefined;
    if (!isFree) this.charge(JSON.stringify(answer).length * PRICES.character);
    return answer;
  }
}

/** Pays for everything. */
export const FREE = new Work(undefined, undefined, systemClock, () => {});
