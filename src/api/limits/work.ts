// What operations cost, and the budgets that pay for them: one of each connection, one of each address.
// Work is counted by its size, before it is done where that is known, and never by the time that it took.

import { type Clock, systemClock } from '../../clock.ts';
import { UserError } from '../../user-error.ts';
import { TokenBucket } from './token-bucket.ts';

/** In units of work. A unit is about a tenth of a microsecond, and so is a character of anything. */
export const PRICES = {
  /** A query, a subscription that is opened, a message of `/track`. */
  operation: 1000,
  /** Each word and punctuation of a query that has to be read, since it is not one of those kept. */
  token: 50,
  /** Of a query that has to be read, of a text that is analyzed, of an answer. */
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

interface Budget {
  readonly payer: Payer;
  readonly bucket: TokenBucket;
}

/** `rate` is in units a second. */
export function createBudget(rate: number, now: number): TokenBucket {
  return new TokenBucket(rate, rate * BURST_SECONDS, now);
}

/** What one client may ask for. An operation is begun if all budgets have something left, and may leave a debt. */
export class Work {
  readonly #budgets: readonly Budget[];
  readonly #clock: Clock;
  readonly #onRefused: (payer: Payer) => void;

  /** `onRefused` is told of every operation that is not begun. */
  constructor(budgets: readonly Budget[], clock: Clock, onRefused: (payer: Payer) => void) {
    this.#budgets = budgets;
    this.#clock = clock;
    this.#onRefused = onRefused;
  }

  /** Says why no operation may begin now, if none may. */
  refuse(): Overdrawn | undefined {
    const now = this.#clock.monotonic();
    const empty = this.#budgets.find(({ bucket }) => bucket.isEmpty(now));
    if (empty === undefined) return undefined;
    this.#onRefused(empty.payer);
    const seconds = Math.ceil(empty.bucket.wait(now) / 1000);
    const who = empty.payer === 'address' ? 'Your address' : 'This connection';
    const wait = `wait ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`;
    const message = `${who} has asked for as much work as it may; ${wait}.`;
    return { retryAfter: seconds, error: new UserError('LIMIT_REACHED', message) };
  }

  /** Takes `units` for what is done now. */
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
