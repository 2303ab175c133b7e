// The contract of a ledger: one short text that all nodes keep together, and change in turn.

export interface Ledger {
  /**
   * Replaces the text by what `change` makes of it; undefined if there is none yet. Calls `change` again if another node
   * was faster, and writes nothing if the text stays the same. `change` makes at most 4 KiB.
   * MUST settle. Resolves with why the ledger could not be changed, as a sentence for a person without its full stop.
   * It may have been changed all the same.
   */
  update(change: (text: string | undefined) => string): Promise<string | undefined>;
}
