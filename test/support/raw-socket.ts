// A WebSocket spoken by hand, for a test that decides when it reads.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Senti } from './senti.ts';
import { until } from './until.ts';

/** A WebSocket of which a test sees every byte, and which reads only when it is told to. */
export async function connectRaw(senti: Pick<Senti, 'url'>, path: string, protocol?: string) {
  const { port, hostname, protocol: scheme } = new URL(senti.url);
  const at = { port: Number(port), host: hostname };
  const socket: Socket = scheme === 'https:' ? tlsConnect(at) : connect(at);
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\n` +
      'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      `Sec-WebSocket-Key: ${createHash('md5').update(path).digest('base64')}\r\n` +
      `${protocol ? `Sec-WebSocket-Protocol: ${protocol}\r\n` : ''}\r\n`,
  );
  await once(socket, 'data');
  /** A masked text frame; the mask is zero. */
  const send = (message: string) => {
    const { length } = message;
    const head =
      length < 126 ? [0x81, 0x80 | length] : [0x81, 0x80 | 126, length >> 8, length & 0xff];
    socket.write(Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), Buffer.from(message)]));
  };
  return { socket, send };
}

/** One that listens to coffee, and reads no more. */
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
