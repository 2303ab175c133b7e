// The lease, whose holder may ingest. A node claims it, renews it, and knows by its own clock when to stop.

import type { Clock } from '../base/clock.ts';
import { type LeaseKeeper, RelayError } from '../stream/relay.ts';
import { Throttle } from './throttle.ts';

export interface LeaseOptions {
  readonly keeper: LeaseKeeper;
  readonly clock: Clock;
  /** The text that the keeper stores: this node, and its term. */
  readonly holder: () => string;
  /** This node holds the lease now; the keeper has stored `holder` at `revision`. */
  readonly onGained: (holder: string, revision: number) => void;
  /** This node no longer holds the lease. */
  readonly onLost: (reason: string) => void;
  /** Called after every attempt, with the reason if the keeper could not be reached. */
  readonly onAsked: (reason: string | undefined) => void;
}

/** How many times a node renews or claims the lease in the time that it lasts. */
const TRIES = 3;
/** The shortest time between two attempts, in milliseconds, however many nodes say that they stop. */
const ATTEMPT_EVERY_MS = 50;
/**
 * The last share of the lease's time, in which its holder no longer relies on it. The holder counts from before it
 * asked, so it is early anyway. This is for clocks that run at different speeds.
 */
const MARGIN = 0.2;

export class Lease {
  readonly #options: LeaseOptions;
  /** Of the last renewal; undefined while this node does not hold the lease. */
  #revision: number | undefined;
  /** When another node may take the lease, by the monotonic clock. */
  #deadline = 0;
  /** The attempt that has no answer yet. */
  #attempt: Promise<void> | undefined;
  readonly #attempts: Throttle;
  #isCandidate = true;
  #cancelTry = () => {};
  #cancelExpiry = () => {};

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#attempts = new Throttle({
      clock: options.clock,
      everyMs: ATTEMPT_EVERY_MS,
      job: () => {
        this.#attempt = this.#try();
        return this.#attempt;
      },
    });
  }

  /**
   * Whether this node holds the lease at this moment. Call it before everything that only the holder may do:
   * a process that was suspended learns here that it is too late, before any timer rings.
   */
  check(): boolean {
    if (this.#revision === undefined) return false;
    if (this.#options.clock.monotonic() < this.#deadline) return true;
    this.lose('it could not be renewed in time');
    return false;
  }

  /** Claims or renews the lease now, and regularly from now on. */
  acquire(): void {
    this.#cancelTry();
    this.#attempts.request();
  }

  /** Takes note that this node no longer holds the lease. */
  lose(reason: string): void {
    if (this.#revision === undefined) return;
    this.#revision = undefined;
    this.#cancelExpiry();
    this.#options.onLost(reason);
  }

  /** Gives the lease up once `finish` has resolved, and never claims it again. */
  async resign(finish: () => Promise<void>): Promise<void> {
    this.#isCandidate = false;
    await finish();
    // A renewal must not overtake the release.
    this.#attempts.stop();
    await this.#attempt;
    this.#cancelTry();
    if (this.#revision !== undefined) await this.#giveBack(this.#revision);
    this.lose('it was given up');
  }

  async #try(): Promise<void> {
    if (!this.#isCandidate && this.#revision === undefined) return;
    await this.#ask();
    const { clock, keeper } = this.#options;
    this.#cancelTry = clock.after(keeper.ttl / TRIES, () => this.acquire());
  }

  async #ask(): Promise<void> {
    const { keeper, clock, onAsked } = this.#options;
    const held = this.check() ? this.#revision : undefined;
    const holder = this.#options.holder();
    const askedAt = clock.monotonic();
    try {
      const revision =
        held === undefined ? await keeper.claim(holder) : await keeper.renew(holder, held);
      onAsked(undefined);
      if (revision === undefined) return this.lose('another node has it');
      const deadline = askedAt + keeper.ttl * (1 - MARGIN);
      // The answer may come too late to be of use.
      const isLate = clock.monotonic() >= deadline || held !== this.#revision;
      if (isLate || (held === undefined && !this.#isCandidate)) return this.#giveBack(revision);
      this.#hold(revision, deadline);
      if (held === undefined) this.#options.onGained(holder, revision);
    } catch (error) {
      if (!(error instanceof RelayError)) throw error;
      onAsked(error.message);
    }
  }

  #hold(revision: number, deadline: number): void {
    const { clock } = this.#options;
    this.#revision = revision;
    this.#deadline = deadline;
    this.#cancelExpiry();
    this.#cancelExpiry = clock.after(deadline - clock.monotonic(), () => this.check());
  }

  async #giveBack(revision: number): Promise<void> {
    try {
      await this.#options.keeper.release(revision);
    } catch (error) {
      // The lease runs out by itself.
      if (!(error instanceof RelayError)) throw error;
    }
  }
}
