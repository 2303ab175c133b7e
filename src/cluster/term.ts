// A term: the time in which one node holds the lease and ingests. The keeper of the lease stores it as a text.

import { isEpoch, isNodeId, MAX_EPOCH } from './node-message.ts';

export interface Term {
  readonly node: string;
  /** The number of the term; larger than that of every term before. The epoch of positions is another number. */
  readonly epoch: number;
}

/** The text with which a node claims the lease. Its epoch is not known yet: it follows from the revision. */
export function formatClaim(node: string, last: Term | undefined): string {
  const epoch = last?.epoch ?? 0;
  // Revisions start again when an operator deletes the bucket, but epochs must still grow.
  return `${node} >${epoch < MAX_EPOCH ? epoch : 0}`;
}

/** The text with which a node renews the lease. */
export function formatTerm({ node, epoch }: Term): string {
  return `${node} ${epoch}`;
}

/** The term of a text that the keeper stored at `revision`; undefined for a text that no node has written. */
export function parseTerm(holder: string, revision: number): Term | undefined {
  const [, node, isClaim, number] = /^(\S+) (>?)(\d{1,16})$/.exec(holder) ?? [];
  const epoch = isClaim ? Math.max(revision, Number(number) + 1) : Number(number);
  return isNodeId(node) && isEpoch(epoch) ? { node, epoch } : undefined;
}

export function isSameTerm(a: Term | undefined, b: Term | undefined): boolean {
  return a?.node === b?.node && a?.epoch === b?.epoch;
}
