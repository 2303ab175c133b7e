// The receiving half of the comparison with other brokers, in a process of its own: raw WebSockets that only count.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What a client sends, and for how many messages it then waits. */
export interface Step {
  readonly binary: boolean;
  /** In base64. */
  readonly payload: string;
  readonly answers: number;
}

/** What the benchmark asks of this process. */
export type Request =
  | {
      readonly ask: 'open';
      readonly port: number;
      readonly path: string;
      readonly subprotocol: string | undefined;
      readonly count: number;
      readonly steps: readonly Step[];
    }
  /** The bytes of all messages since the clients opened, without the headers of their frames. */
  | { readonly ask: 'bytes' };

const AT_A_TIME = 50;
const MAX_HEADER_BYTES = 10;
const TEXT = 0x81;
const BINARY = 0x82;
const PING = 9;
const PONG = 0x8a;
/** A client masks what it sends. This mask changes nothing. */
const NO_MASK = [0, 0, 0, 0];

/** Every read of every socket goes here: the clients should cost as little as they can. */
const buffer = Buffer.allocUnsafeSlow(256 * 1024);
let bytes = 0;

class Client {
  readonly #socket: Socket;
  #isOpen = false;
  /** What is left of the message that is being read, and the beginning of a frame that came in part. */
  #left = 0;
  #part: Buffer | undefined;
  /** Messages that came, and for how many of them `#answered` is called. */
  #messages = 0;
  #awaited = 0;
  #answered: (() => void) | undefined;

  constructor(port: number) {
    const onread = {
      buffer,
      callback: (length: number) => {
        this.#read(buffer.subarray(0, length));
        return true;
      },
    };
    this.#socket = connect({ port, host: '127.0.0.1', onread, noDelay: true });
  }

  async open(path: string, subprotocol: string | undefined): Promise<void> {
    await once(this.#socket, 'connect');
    const wanted = subprotocol === undefined ? '' : `Sec-WebSocket-Protocol: ${subprotocol}\r\n`;
    this.#socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${wanted}` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await new Promise<void>((resolve) => {
      this.#answered = resolve;
    });
  }

  async say({ binary, payload, answers }: Step): Promise<void> {
    if (payload !== '') this.#write(binary ? BINARY : TEXT, Buffer.from(payload, 'base64'));
    this.#awaited += answers;
    if (this.#messages >= this.#awaited) return;
    await new Promise<void>((resolve) => {
      this.#answered = resolve;
    });
  }

  #write(kind: number, payload: Buffer): void {
    const { length } = payload;
    const header = length < 126 ? [0x80 | length] : [0xfe, length >> 8, length & 0xff];
    this.#socket.write(Buffer.concat([Buffer.from([kind, ...header, ...NO_MASK]), payload]));
  }

  #read(chunk: Buffer): void {
    const data = this.#part === undefined ? chunk : Buffer.concat([this.#part, chunk]);
    this.#part = undefined;
    const end = this.#isOpen ? this.#readFrames(data) : this.#readResponse(data);
    if (end < data.length) this.#part = Buffer.from(data.subarray(end));
  }

  #readResponse(data: Buffer): number {
    const end = data.indexOf('\r\n\r\n');
    if (end === -1) return 0;
    if (!data.toString('latin1', 0, end).startsWith('HTTP/1.1 101')) throw new Error(String(data));
    this.#isOpen = true;
    this.#answered?.();
    return this.#readFrames(data, end + 4);
  }

  /** Returns the offset of the first frame whose header, or whose ping, is not complete. */
  #readFrames(data: Buffer, from = 0): number {
    let at = from;
    while (at < data.length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, data.length - at);
        this.#left -= taken;
        at += taken;
        continue;
      }
      const short = (data[at + 1] as number) & 0x7f;
      const header = short < 126 ? 2 : short === 126 ? 4 : MAX_HEADER_BYTES;
      if (data.length - at < header) return at;
      const length =
        header === 2
          ? short
          : header === 4
            ? data.readUInt16BE(at + 2)
            : Number(data.readBigUInt64BE(at + 2));
      const kind = (data[at] as number) & 0x0f;
      if (kind < 8) {
        bytes += length;
        this.#left = length;
        this.#messages += 1;
        if (this.#messages === this.#awaited) this.#answered?.();
      } else {
        if (data.length - at < header + length) return at;
        if (kind === PING) this.#write(PONG, data.subarray(at + header, at + header + length));
        this.#left = length;
      }
      at += header;
    }
    return at;
  }
}

const clients: Client[] = [];

process.on('message', async (request: Request) => {
  if (request.ask === 'bytes') return process.send?.({ bytes });
  const { port, path, subprotocol, count, steps } = request;
  for (let i = 0; i < count; i += AT_A_TIME) {
    const some = Array.from({ length: Math.min(AT_A_TIME, count - i) }, () => new Client(port));
    clients.push(...some);
    await Promise.all(
      some.map(async (client) => {
        await client.open(path, subprotocol);
        for (const step of steps) await client.say(step);
      }),
    );
  }
  bytes = 0;
  process.send?.({ opened: count });
});
process.send?.({ ready: true });
