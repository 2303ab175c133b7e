// The contract of a relay, which carries messages between nodes and keeps the lease that they compete for.
// A relay reaches other nodes only: a node's own events never pass through it. Relays pass test/contract/relay.ts.

import type { Ledger } from '../base/ledger.ts';
import type { Journal } from './journal.ts';

export interface Relay {
  /**
   * Why this node can send nothing now, as a sentence for a person; undefined while it can. A relay starts offline.
   * It connects by itself, and tries again for ever.
   */
  readonly offlineReason: string | undefined;
  readonly lease: LeaseKeeper;
  readonly journal: Journal;
  readonly ledger: Ledger;
  /**
   * Sends `message` to every other node that listens on `channel`: at most once, and in order. The name of a channel
   * has letters, digits, `-` and `_`. Returns false if the message is known to reach no node.
   * MUST NOT wait, and MUST NOT hold more than a bounded amount for slow nodes or a slow network. If a `share` of that
   * amount is given, 0 to 1, it takes the message only while it holds no more than that.
   */
  send(channel: string, message: Uint8Array, share?: number): boolean;
  /**
   * Calls `receive` for each message on `channel`, until the returned function is called.
   * MUST call it as messages arrive, without a queue of its own. `receive` MUST NOT keep the bytes.
   * Survives a lost connection; messages sent in between are lost.
   */
  listen(channel: string, receive: (message: Uint8Array) => void): () => void;
  close(): Promise<void>;
}

export interface RelaySink {
  /** `offlineReason` has changed. MUST NOT be called before the relay was returned to its owner. */
  changed(): void;
  /** `send` has accepted this many messages that may have reached no node. */
  lost(count: number): void;
}

/**
 * Keeps one lease, by its own clock. Every method MUST settle. It rejects with a RelayError, and no other error,
 * when the keeper cannot be reached. The keeper may have done what was asked all the same.
 */
export interface LeaseKeeper {
  /** How long the lease lasts without renewal, in milliseconds. MUST NOT be longer than it really lasts. */
  readonly ttl: number;
  /**
   * Takes the lease if no node holds it. Resolves with its revision, or with undefined if a node holds it.
   * `holder` has at most 200 characters.
   */
  claim(holder: string): Promise<number | undefined>;
  /**
   * Extends the lease by its whole time if it is still at `revision`. Resolves with the next revision, or with
   * undefined if the lease has changed. Revisions only grow.
   */
  renew(holder: string, revision: number): Promise<number | undefined>;
  /** Gives the lease up if it is still at `revision`. */
  release(revision: number): Promise<void>;
  /** The lease as it was last claimed or renewed, if a node holds it. The holder may be any text. */
  read(): Promise<{ readonly holder: string; readonly revision: number } | undefined>;
}

/** The relay could not be reached. `message` says why, as a sentence for a person. */
export class RelayError extends Error {
  override readonly name = 'RelayError';
}
