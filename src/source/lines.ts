// Bytes into lines, with bounded memory whatever the bytes are.

export interface Line {
  /** Counted from 1. */
  readonly number: number;
  /** Without its line break; undefined when the line was longer than allowed and was skipped. */
  readonly text: string | undefined;
}

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Cuts at `\n` or `\r\n`, on bytes, so no chunk boundary can split a character. */
export async function* lines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Line> {
  const decoder = new TextDecoder();
  let number = 1;
  let held: Uint8Array[] = [];
  let heldBytes = 0;

  function hold(bytes: Uint8Array): void {
    heldBytes += bytes.length;
    if (heldBytes <= maxBytes) held.push(bytes);
    else held = [];
  }

  function take(): Line {
    const tooLong = heldBytes > maxBytes;
    const bytes = held.length === 1 && held[0] ? held[0] : Buffer.concat(held);
    const end = bytes.at(-1) === CARRIAGE_RETURN ? bytes.length - 1 : bytes.length;
    const line = { number, text: tooLong ? undefined : decoder.decode(bytes.subarray(0, end)) };
    number += 1;
    held = [];
    heldBytes = 0;
    return line;
  }

  for await (const chunk of chunks) {
    let start = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, start)) {
      hold(chunk.subarray(start, at));
      yield take();
      start = at + 1;
    }
    if (start < chunk.length) hold(chunk.subarray(start));
  }
  if (heldBytes > 0) yield take();
}
