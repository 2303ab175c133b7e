// Tells a listener which events it did not get: `extensions`, the last key of a result.

export interface Loss {
  /** Events that the listener was too slow to take. */
  readonly dropped: number;
  /** Whether an unknown number of others may be missing as well. */
  readonly gap: boolean;
}

export const GAP: Loss = { dropped: 0, gap: true };

/** `json`, a result without extensions or with those of a gap, and the loss before it. */
export function tellLoss(json: Buffer, { dropped, gap }: Loss): Buffer {
  const told = tellsGap(json);
  const open = json.subarray(0, json.length - (told ? GAP_TAIL : PLAIN_TAIL).length);
  return Buffer.concat([open, tailOf({ dropped, gap: gap || told })]);
}

/** Whether a result tells of a gap, and of nothing else. */
export function tellsGap(json: Buffer): boolean {
  return json.subarray(-GAP_TAIL.length).equals(GAP_TAIL);
}

function tailOf({ dropped, gap }: Loss): Buffer {
  const extensions = { ...(dropped > 0 && { dropped }), ...(gap && { gap }) };
  return Buffer.from(`,"extensions":${JSON.stringify(extensions)}}`);
}

const PLAIN_TAIL = Buffer.from('}');
const GAP_TAIL = tailOf(GAP);
