// What operations cost, and the budgets that pay for them: one for each connection, one for each address.
// Work is counted by its size, before it is done where the size is known, and never by the time it took.

import { type Clock, systemClock } from '../../base/clock.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import { UserError } from '../../base/user-error.ts';

/** In units of work. A unit is about a tenth of a microsecond, and so is a character of anything. */
export const PRICES = {
  /** A query, a subscription that is opened, a message of `/track`. */
  operation: 1000,
  /** Each token of a query that the server parses because it does not hold the query ready. */
  token: 50,
  /** Each character of a query that the server parses, of a text that it analyzes, and of an answer. */
  character: 1,
} as const;

/** How many seconds' worth may be asked for at once. */
const BURST_SECONDS = 2;

/** Whose budget is used up. */
export type Payer = 'connection' | 'address';

/** Why an operation is not begun, and in how many seconds it may be. */
export interface Overdrawn {
  readonly retryAfter: number;
  readonly error: UserError;
}

/** How many selections of events an address may have that differ; equal ones count as one, whatever their track. */
export const MAX_SELECTIONS_PER_ADDRESS = 64;
const TOO_MANY = `Your address has ${MAX_SELECTIONS_PER_ADDRESS} different selections of events, which is its limit; end one, or select the same fields under the same names.`;

/** How often each selection is used by one address. */
export type HeldSelections = Map<string, number>;

interface Budget {
  readonly payer: Payer;
  readonly bucket: TokenBucket;
}

/** `rate` is in units a second. */
export function createBudget(rate: number, now: number): TokenBucket {
  return new TokenBucket(rate, rate * BURST_SECONDS, now);
}

/** The work that one client may ask for. An operation begins while every budget has something left. */
export class Work {
  readonly #budgets: readonly Budget[];
  readonly #clock: Clock;
  readonly #onRejected: (payer: Payer) => void;
  readonly #held: HeldSelections | undefined;

  /**
   * `onRejected` is called for every operation that is rejected. `held` counts the selections of the client's
   * address; without it, selections have no bound.
   */
  constructor(
    budgets: readonly Budget[],
    clock: Clock,
    onRejected: (payer: Payer) => void,
    held?: HeldSelections,
  ) {
    this.#budgets = budgets;
    this.#clock = clock;
    this.#onRejected = onRejected;
    this.#held = held;
  }

  /** Counts a use of a selection until the returned function is called, or says why it may not be used. */
  hold(selection: string): (() => void) | UserError {
    const held = this.#held;
    if (held === undefined) return () => {};
    const uses = held.get(selection) ?? 0;
    if (uses === 0 && held.size >= MAX_SELECTIONS_PER_ADDRESS)
      return this.reject('address', TOO_MANY);
    held.set(selection, uses + 1);
    return () => {
      const left = (held.get(selection) ?? 1) - 1;
      if (left === 0) held.delete(selection);
      else held.set(selection, left);
    };
  }

  /** Counts a rejected operation, and returns the error for its client. */
  reject(payer: Payer, message: string): UserError {
    this.#onRejected(payer);
    return new UserError('LIMIT_REACHED', message);
  }

  /** Says why no operation may begin now, if none may. */
  overdrawn(): Overdrawn | undefined {
    const now = this.#clock.monotonic();
    const empty = this.#budgets.find(({ bucket }) => bucket.isEmpty(now));
    if (empty === undefined) return undefined;
    this.#onRejected(empty.payer);
    const seconds = Math.ceil(empty.bucket.wait(now) / 1000);
    const who = empty.payer === 'address' ? 'Your address' : 'This connection';
    const wait = `wait ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
    const message = `${who} has asked for as much work as it may; ${wait}.`;
    return { retryAfter: seconds, error: new UserError('LIMIT_REACHED', message) };
  }

  /** Takes `units` from every budget. */
  charge(units: number): void {
    const now = this.#clock.monotonic();
    for (const { bucket } of this.#budgets) bucket.charge(now, units);
  }

  /** Takes what an answer costs, and returns it. */
  chargeAnswer<T extends object>(answer: T): T {
    if (this.#budgets.length > 0) this.charge(JSON.stringify(answer).length * PRICES.character);
    return answer;
  }
}

/** Pays for everything. */
export const FREE = new Work([], systemClock, () => {});
