// The contracts by which nodes share their counts. A journal keeps messages for some time, so that a node that was absent
// gets them later. A shared past writes and reads them.

export interface Journal {
  /**
   * Keeps a message, which has at most 256 KiB. One that comes again under the same `id` within a minute is kept once.
   * Rejects with a RelayError if the message may not be kept.
   */
  add(message: Uint8Array, id: string): Promise<void>;
  /**
   * Calls `receive` for each message that is kept, oldest first, and then for each that is added, by whichever node.
   * MUST wait until it resolves. May begin again from the oldest one.
   */
  read(receive: (message: Uint8Array) => Promise<void>): () => void;
}

export interface SharedPast {
  /** Has what this node counts written to a journal. */
  shareBy(add: Journal['add']): void;
  /** Resolves once what was counted is in the journal: never, if the journal cannot be reached. */
  written(): Promise<void>;
  /** Takes a message of the journal. Resolves with false if no node has written it. */
  take(message: Uint8Array): Promise<boolean>;
}
