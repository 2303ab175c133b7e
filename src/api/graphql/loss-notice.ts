// What a message says of events that its listener has missed: `extensions`, the last key of its result.

export interface Missed {
  /** Events that the listener was too slow to take. */
  readonly dropped: number;
  /** Whether others may be missing too, that nobody could count. */
  readonly gap: boolean;
}

export const GAP: Missed = { dropped: 0, gap: true };

/** What there is to say, in the order in which it is said. */
export function extensionsOf({ dropped, gap }: Missed): Record<string, unknown> {
  return { ...(dropped > 0 && { dropped }), ...(gap && { gap }) };
}

/** The ending of a message, telling what was missed before it, and what it told already. */
export function tellMissed(ending: Buffer, { dropped, gap }: Missed): Buffer {
  const told = saysGap(ending);
  const open = ending.subarray(0, ending.length - (told ? GAP_TAIL : PLAIN_TAIL).length);
  return Buffer.concat([open, tailOf({ dropped, gap: gap || told })]);
}

/** Whether the ending of a message tells of a gap, and of nothing else. */
export function saysGap(ending: Buffer): boolean {
  return ending.subarray(-GAP_TAIL.length).equals(GAP_TAIL);
}

function tailOf(missed: Missed): Buffer {
  return Buffer.from(`,"extensions":${JSON.stringify(extensionsOf(missed))}}}`);
}

/** The braces that close a result and the message around it. */
const PLAIN_TAIL = Buffer.from('}}');
const GAP_TAIL = tailOf(GAP);
