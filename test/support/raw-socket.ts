// A WebSocket spoken by hand, for a test that decides when it reads.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Senti } from './senti.ts';
import { until } from './until.ts';

/**
 * A WebSocket that shows a test every byte. It reads only when the test says so, and answers each ping once it has
 * read it.
 */
export async function connectRaw(senti: Pick<Senti, 'url'>, path: string, protocol?: string) {
  const { port, hostname, protocol: scheme } = new URL(senti.url);
  const at = { port: Number(port), host: hostname };
  const socket: Socket = scheme === 'https:' ? tlsConnect(at) : connect(at);
  onTestFinished(() => void socket.destroy());
  // Otherwise, a second pong waits until the first is acknowledged.
  socket.setNoDelay(true);
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\n` +
      'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      `Sec-WebSocket-Key: ${createHash('md5').update(path).digest('base64')}\r\n` +
      `${protocol ? `Sec-WebSocket-Protocol: ${protocol}\r\n` : ''}\r\n`,
  );
  const [answer] = (await once(socket, 'data')) as [Buffer];
  const read = pingReader((payload) => socket.write(maskedFrame(PONG, payload)));
  read(answer.subarray(answer.indexOf('\r\n\r\n') + 4));
  socket.on('data', read);
  const send = (message: string) => socket.write(maskedFrame(TEXT, Buffer.from(message)));
  return { socket, send, closed };
}

const TEXT = 0x1;
const PING = 0x9;
const PONG = 0xa;

/** A whole frame from a client; the mask is zero. */
function maskedFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const size = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...size, 0, 0, 0, 0]), payload]);
}

/** Reads the bytes of a server's frames as they come, and calls `onPing` for each ping. */
function pingReader(onPing: (payload: Buffer) => void): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    for (;;) {
      const short = (rest[1] ?? 0) & 0x7f;
      const start = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (rest.length < start) return;
      const length =
        short < 126
          ? short
          : short === 126
            ? rest.readUInt16BE(2)
            : Number(rest.readBigUInt64BE(2));
      if (rest.length < start + length) return;
      if (((rest[0] ?? 0) & 0xf) === PING) onPing(rest.subarray(start, start + length));
      rest = rest.subarray(start + length);
    }
  };
}

/** A socket that listens to coffee and has stopped reading. */
export async function openStalled(senti: Senti, path: '/graphql' | '/track') {
  const raw = await connectRaw(
    senti,
    path,
    path === '/graphql' ? 'graphql-transport-ws' : undefined,
  );
  if (path === '/graphql') {
    raw.send('{"type":"connection_init"}');
    const query = 'subscription { sentiment(track: "coffee") { hashtags { tag } post { id } } }';
    raw.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
  } else {
    raw.send('{"track": "coffee"}');
  }
  await until(() => senti.source.wanted.length > 0, 'coffee is wanted');
  raw.socket.pause();
  return raw;
}
