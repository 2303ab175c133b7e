import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { encodeFrame, OPCODES } from '../../fuzz/frames.ts';
import { configOf, startSenti } from '../../support/senti.ts';

const MEBIBYTE = 2 ** 20;
const FLOOD = 24 * MEBIBYTE;
/** More than the kernel holds for a peer, and less than the flood. */
const BOUND = 16 * MEBIBYTE;

test('a flood of pings from a peer that does not read is not answered without end', async () => {
  // Or it would be cut off after a few hundred.
  const { url } = await startSenti(configOf('--max-messages-per-second', 'none'));
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => {});
  const handshake = [
    'GET /track HTTP/1.1',
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '\r\n',
  ];
  socket.write(handshake.join('\r\n'));
  await once(socket, 'data');
  socket.pause();
  const ping = encodeFrame({ opcode: OPCODES.ping, payload: Buffer.alloc(125) });
  const pings = Buffer.concat(Array.from({ length: 4096 }, () => ping));
  for (let sent = 0; sent < FLOOD && !socket.destroyed; sent += pings.length) {
    await new Promise((written) => socket.write(pings, written));
  }
  socket.end();
  let received = 0;
  socket.on('data', (chunk) => {
    received += chunk.length;
  });
  socket.resume();
  await once(socket, 'close');
  expect(received).toBeLessThan(BOUND);
});
