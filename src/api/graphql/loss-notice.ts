// Reports events that a listener did not get, in `extensions`, the last key of a result.

/** The report of the first message after a resume, or after a gap. */
export type Notice = 'gap' | 'recovered';

interface Loss {
  /** Events that the listener was too slow to take. */
  readonly dropped: number;
  /** `gap` if an unknown number of others may be missing as well. */
  readonly notice: Notice | undefined;
}

/** Adds `loss` to `json`, a result without extensions, or with a notice alone. */
export function tellLoss(json: Buffer, { dropped, notice }: Loss): Buffer {
  const told = noticeOf(json);
  const open = json.subarray(0, json.length - (told ? TAILS[told] : PLAIN_TAIL).length);
  return Buffer.concat([open, tailOf({ dropped, notice: worst(notice, told) })]);
}

/** The notice of a result that reports no dropped events. */
export function noticeOf(json: Buffer): Notice | undefined {
  return NOTICES.find((notice) => json.subarray(-TAILS[notice].length).equals(TAILS[notice]));
}

export function worst(one: Notice | undefined, other: Notice | undefined): Notice | undefined {
  return one === 'gap' || other === 'gap' ? 'gap' : (one ?? other);
}

function tailOf({ dropped, notice }: Loss): Buffer {
  const extensions = { ...(dropped > 0 && { dropped }), ...(notice && { [notice]: true }) };
  return Buffer.from(`,"extensions":${JSON.stringify(extensions)}}`);
}

const PLAIN_TAIL = Buffer.from('}');
const NOTICES = ['gap', 'recovered'] as const;
const TAILS = {
  gap: tailOf({ dropped: 0, notice: 'gap' }),
  recovered: tailOf({ dropped: 0, notice: 'recovered' }),
} as const;
