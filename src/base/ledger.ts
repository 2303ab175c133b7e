// The contract of a ledger: one short text that all nodes keep together, and change in turn.

export interface Ledger {
  /**
   * Replaces the text by what `change` makes of it. `change` gets undefined if there is no text yet, and makes at most
   * 4 KiB. Calls it again if another node was faster, and writes nothing if the text stays the same.
   * MUST settle. Resolves with why the ledger could not be changed, as a sentence for a person without its full stop.
   * It may have been changed all the same.
   */
  update(change: (text: string | undefined) => string): Promise<string | undefined>;
}
