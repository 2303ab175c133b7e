// Who may ingest: a node contends for the one lease, renews it, and knows without asking when to stop.

import type { Clock } from '../base/clock.ts';
import { type LeaseKeeper, RelayError } from '../stream/relay.ts';

export interface LeaseOptions {
  readonly keeper: LeaseKeeper;
  readonly clock: Clock;
  /** What the keeper is to write down: of this node, and of its term. */
  readonly holder: () => string;
  /** This node has the lease now: what the keeper has written down, and at which revision. */
  readonly onGained: (holder: string, revision: number) => void;
  /** It has it no more. */
  readonly onLost: (reason: string) => void;
  /** After every question: why the keeper could not be asked, or nothing. */
  readonly onAsked: (trouble: string | undefined) => void;
}

/** The lease is renewed, or asked for, this many times in its length. */
const TRIES = 3;
/** The shortest time between two questions to the keeper, in milliseconds, however many nodes say that they stop. */
const ASK_EVERY_MS = 50;
/**
 * The share of the lease's length for which its holder no longer trusts it. It counts from before it
 * asked, so it is early anyway; this is for clocks that don't run at the same speed.
 */
const MARGIN = 0.2;

export class Lease {
  readonly #options: LeaseOptions;
  /** Of the last renewal; undefined while the lease is not ours. */
  #revision: number | undefined;
  /** By the monotonic clock: from then on somebody else may have it. */
  #deadline = 0;
  /** When the keeper was asked last, by the monotonic clock. */
  #askedAt = Number.NEGATIVE_INFINITY;
  /** The question that is open. */
  #asked: Promise<void> | undefined;
  #contending = true;
  #cancelTry = () => {};
  #cancelExpiry = () => {};

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /**
   * Whether the lease is ours, at this very moment. To be asked before everything that only its holder
   * may do: a process that was stopped and goes on late learns it here, before any timer rings.
   */
  check(): boolean {
    if (this.#revision === undefined) return false;
    if (this.#options.clock.monotonic() < this.#deadline) return true;
    this.lose('it could not be renewed in time');
    return false;
  }

  /** Asks for it now, and from now on until it is there: somebody has given it up, or it is time. */
  contend(): void {
    if (this.#asked !== undefined) return;
    this.#cancelTry();
    if (!this.#contending && this.#revision === undefined) return;
    const { clock, keeper } = this.#options;
    const early = this.#askedAt + ASK_EVERY_MS - clock.monotonic();
    if (early > 0) {
      this.#cancelTry = clock.after(early, () => this.contend());
      return;
    }
    this.#asked = this.#ask().finally(() => {
      this.#asked = undefined;
      this.#cancelTry = clock.after(keeper.ttl / TRIES, () => this.contend());
    });
  }

  /** It is known not to be ours any more. */
  lose(reason: string): void {
    if (this.#revision === undefined) return;
    this.#revision = undefined;
    this.#cancelExpiry();
    this.#options.onLost(reason);
  }

  /** Gives it up, once `finish` has ended what needs it, and does not ask for it again. */
  async resign(finish: () => Promise<void>): Promise<void> {
    this.#contending = false;
    await finish();
    await this.#asked;
    this.#cancelTry();
    if (this.#revision !== undefined) await this.#giveBack(this.#revision);
    this.lose('it was given up');
  }

  async #ask(): Promise<void> {
    const { keeper, clock, onAsked } = this.#options;
    const held = this.check() ? this.#revision : undefined;
    const holder = this.#options.holder();
    const askedAt = clock.monotonic();
    this.#askedAt = askedAt;
    try {
      const revision =
        held === undefined ? await keeper.claim(holder) : await keeper.renew(holder, held);
      onAsked(undefined);
      if (revision === undefined) return this.lose('another node has it');
      const deadline = askedAt + keeper.ttl * (1 - MARGIN);
      // The answer may come when all is over, and then it is of no use to anybody.
      const isLate = clock.monotonic() >= deadline || held !== this.#revision;
      if (isLate || (held === undefined && !this.#contending)) return this.#giveBack(revision);
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
      // Nobody can be told; it runs out by itself.
      if (!(error instanceof RelayError)) throw error;
    }
  }
}
