// A relay carries messages between nodes, and keeps the one lease that they contend for. It reaches other
// nodes alone: what a node has for itself never goes through it. Implementations pass test/contract/relay.ts.

export interface Relay {
  /**
   * Why nothing can be sent at the moment, for a person to read; undefined while it can. A relay begins
   * with some, connects by itself, and does so again for ever.
   */
  readonly trouble: string | undefined;
  readonly lease: LeaseKeeper;
  /**
   * Sends `message` to every other node that listens on `channel`: at most once, and in order. A channel
   * is of letters, digits, `-` and `_`. False when it is known that nobody gets it.
   * MUST NOT wait, and MUST NOT hold more than a bounded amount for nodes or a network that is slow.
   */
  send(channel: string, message: Uint8Array): boolean;
  /**
   * Has `receive` called for each message on `channel`, until the returned function is called.
   * MUST call it as messages arrive: none waits in a queue of the relay's own. `receive` must not keep
   * the bytes. Survives a connection that is lost; what is sent meanwhile is gone.
   */
  listen(channel: string, receive: (message: Uint8Array) => void): () => void;
  close(): Promise<void>;
}

/** What a relay tells of. */
export interface RelaySink {
  /** After every change of `trouble`; never before the relay was returned to who made it. */
  changed(): void;
  /** So many messages were taken by `send`, and may have reached nobody. */
  lost(count: number): void;
}

/**
 * Keeps one lease, by its own clock. Every method MUST settle, and rejects with a RelayError, and no
 * other error, when the keeper cannot be asked; what was asked for may have happened then all the same.
 */
export interface LeaseKeeper {
  /** How long the lease lasts when it is not renewed, in milliseconds. Never shorter than this. */
  readonly ttl: number;
  /**
   * Takes the lease if nobody has it: resolves with its revision, or undefined if somebody does. `holder`
   * is of at most 200 characters.
   */
  claim(holder: string): Promise<number | undefined>;
  /**
   * Starts the time anew, if the lease is still at `revision`: resolves with the next revision, or
   * undefined if it has passed to somebody or to nobody. Revisions only grow.
   */
  renew(holder: string, revision: number): Promise<number | undefined>;
  /** Gives the lease up, if it is still at `revision`. */
  release(revision: number): Promise<void>;
  /** The lease as it was last claimed or renewed, if anybody has it. The holder may be any text. */
  read(): Promise<{ readonly holder: string; readonly revision: number } | undefined>;
}

/** The relay could not be asked. `message` says why, for a person to read. */
export class RelayError extends Error {
  override readonly name = 'RelayError';
}
