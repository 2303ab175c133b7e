// What the server sends back, and what must never be in it.

import { MAX_HEADER_BYTES } from '../../src/api/socket/text-frame.ts';
import { SO_FAR } from './frames.ts';

/** What no client may see: stacks, paths, and the words of our own bugs. */
const LEAKS = [
  /\bat (?:async )?[\w.<>$ ]* ?\(?(?:file:|node:|\/)/,
  /node_modules/,
  /\/src\/\w/,
  /\.ts:\d/,
  /Cannot (?:read|set|convert|destructure|access) /,
  /\w is not (?:a function|iterable|defined|a constructor|an object)\b/,
  /\b(?:Type|Range|Reference|Syntax|Aggregate)Error\b/,
  /Maximum call stack/,
  /[Uu]nexpected error/,
  /[Ii]nternal server error/,
  /INTERNAL_SERVER_ERROR/,
  /^HTTP\/1\.1 500/m,
];
/** Our own failures, by RFC 6455 and by graphql-transport-ws. */
const FAILURES = [1011, 4500];

/** The part of an answer that shows the inside of the server, if there is one. */
export function leakIn(text: string): string | undefined {
  for (const leak of LEAKS) {
    const found = leak.exec(text);
    if (found) return text.slice(Math.max(0, found.index - 200), found.index + 300);
  }
  return undefined;
}

const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 } as const;

/** Reads the answer to a handshake and the frames behind it, as they come. */
export class SocketReader {
  /** What breaks the protocol, or shows a failure of the server. */
  problem: string | undefined;
  /** The code of the server's close, once it came. */
  closed: number | undefined;
  /** Whether the server rejected the handshake. */
  rejected = false;
  /** Whether the server has answered the mark, so that it has read everything before it. */
  readAll = false;
  #upgraded = false;
  #rest: Buffer = Buffer.alloc(0);

  read(chunk: Buffer): void {
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    if (!this.#upgraded && !this.#readHandshake()) return;
    while (this.problem === undefined && this.#readFrame());
  }

  /** Whether the handshake was accepted. */
  #readHandshake(): boolean {
    const end = this.#rest.indexOf('\r\n\r\n');
    this.rejected = end !== -1 && !this.#rest.toString('latin1', 0, 12).startsWith('HTTP/1.1 101');
    if (end === -1 || this.rejected) return false;
    this.#rest = this.#rest.subarray(end + 4);
    this.#upgraded = true;
    return true;
  }

  #readFrame(): boolean {
    const bytes = this.#rest;
    if (bytes.length < 2) return false;
    const short = (bytes[1] ?? 0) & 0x7f;
    const start = short < 126 ? 2 : short === 126 ? 4 : MAX_HEADER_BYTES;
    if (bytes.length < start) return false;
    const length =
      start === 2 ? short : start === 4 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < start + length) return false;
    this.#judge(bytes[0] ?? 0, (bytes[1] ?? 0) > 127, bytes.subarray(start, start + length));
    this.#rest = bytes.subarray(start + length);
    return true;
  }

  #judge(first: number, masked: boolean, payload: Buffer): void {
    const opcode = first & 0x0f;
    const known = Object.values(OPCODE).some((code) => code === opcode);
    if ((first & 0xf0) !== 0x80 || masked || !known) {
      this.problem = `a frame that begins with ${first.toString(16)}, masked: ${masked}`;
    } else if (this.closed !== undefined) {
      this.problem = 'a frame after the close';
    } else if (opcode === OPCODE.text) {
      const text = payload.toString();
      this.problem = isJson(text) ? leakIn(text) : `not JSON: ${text.slice(0, 300)}`;
    } else if (opcode === OPCODE.pong) {
      this.readAll ||= payload.toString('latin1') === SO_FAR;
    } else if (opcode === OPCODE.close) {
      this.closed = payload.length === 0 ? 1005 : payload.readUInt16BE(0);
      const failed = FAILURES.includes(this.closed);
      if (failed) this.problem = `closed with ${this.closed} ${payload.toString('utf8', 2)}`;
    }
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
