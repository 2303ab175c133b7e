// The reason in a close frame.

/** A close frame has room for this much of a reason, in bytes (RFC 6455, section 5.5). */
const MAX_REASON_BYTES = 123;

/** The longest beginning of `text` that a close frame has room for, whole characters only. */
export function closeReason(text: string): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(MAX_REASON_BYTES));
  return text.slice(0, read);
}
