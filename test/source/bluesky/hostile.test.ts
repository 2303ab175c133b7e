// A host that is not Jetstream, or that an attacker controls: what Senti reads from it is bounded in bytes,
// depth and time.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createBluesky, MAX_FRAME_BYTES } from '../../../src/source/bluesky/bluesky.ts';
import {
  CONNECT_WITHIN_MS,
  FRAMES_A_TICK,
  LONGEST_SILENCE_MS,
} from '../../../src/source/socket-connection.ts';
import { SOMEBODY } from '../../support/bluesky-source.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { postEvent } from '../../support/jetstream-events.ts';
import { createRecordingSink } from '../../support/recording-sink.ts';

const FIN = 0x80;
const TEXT = 1;
const PING = 9;
const CLOSE = 8;
/** RFC 6455, section 1.3. */
const ACCEPT_KEY = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const FLOOD = 20_000;

/** A source on a host that answers each connection's request by `answer`. */
async function startHost(answer: (socket: Socket, request: string) => void) {
  const host = createServer((socket) => {
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    socket.once('data', (request) => answer(socket, String(request)));
  });
  host.listen(0, '127.0.0.1');
  await once(host, 'listening');
  onTestFinished(() => void host.close());
  const { port } = host.address() as AddressInfo;
  const clock = new FakeClock();
  const sink = createRecordingSink();
  const urls = [`ws://127.0.0.1:${port}`];
  const source = createBluesky({ urls, random: () => 0 }, sink, clock);
  onTestFinished(() => source.close());
  source.want(SOMEBODY);
  /** The reason of the first failure. */
  const failure = async () => {
    const waits = () => sink.states.flatMap((state) => (state.name === 'waiting' ? [state] : []));
    await sink.until(() => waits().length > 0);
    return waits()[0]?.reason;
  };
  return { clock, sink, source, failure };
}

/** A source on a host that completes the handshake and then calls `talk`. */
function startTalking(talk: (socket: Socket) => void) {
  return startHost((socket, request) => {
    const key = /sec-websocket-key: (.*)\r\n/i.exec(request)?.[1];
    const accept = createHash('sha1').update(`${key}${ACCEPT_KEY}`).digest('base64');
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    talk(socket);
  });
}

function frame(opcode: number, payload: string | Uint8Array = '', fin = FIN): Buffer {
  const bytes = Buffer.from(payload);
  const { length } = bytes;
  const head = length < 126 ? [length] : [126, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([fin | opcode, ...head]), bytes]);
}

function repeat(bytes: Uint8Array, times: number): Buffer {
  return Buffer.concat(Array<Uint8Array>(times).fill(bytes));
}

/** Writes until the connection is gone. */
function endlessly(socket: Socket, bytes: Uint8Array): void {
  const write = () => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on('drain', write);
  write();
}

describe('a hostile host', () => {
  test('that floods is read over many ticks, to the last frame', async () => {
    const flood = repeat(frame(TEXT, '?'), FLOOD);
    const { sink, source } = await startTalking((socket) => socket.write(flood));
    let most = 0;
    for (let before = 0; sink.reasons.length < FLOOD; before = sink.reasons.length) {
      await setImmediate();
      most = Math.max(most, sink.reasons.length - before);
    }
    expect(most).toBeLessThanOrEqual(2 * FRAMES_A_TICK);
    expect(source.state).toEqual({ name: 'live' });
  });

  test('that closes after a flood of posts loses none of them', async () => {
    const posts = Array.from({ length: 1000 }, (_, n) => {
      const event = { time_us: Date.now() * 1000, ...postEvent(n, { text: 'coffee' }) };
      return frame(TEXT, JSON.stringify(event));
    });
    const burst = Buffer.concat([...posts, frame(CLOSE, new Uint8Array([0x03, 0xe9]))]);
    const { sink, failure } = await startTalking((socket) => socket.write(burst));
    expect(await failure()).toMatch(/closed the connection \(1001\)$/);
    expect(sink.posts.length).toBe(1000);
  });

  test('that pings without end and reads no pong is dropped', async () => {
    const { failure } = await startTalking((socket) => {
      socket.pause();
      endlessly(socket, repeat(frame(PING, 'p'.repeat(125)), 1000));
    });
    expect(await failure()).toMatch(/broke off the connection$/);
  });

  test('that sends fragments without end is dropped', async () => {
    const { failure, sink } = await startTalking((socket) => {
      socket.write(frame(TEXT, '', 0));
      endlessly(socket, repeat(frame(0, '', 0), 1000));
    });
    expect(await failure()).toMatch(/cannot be read: "Too many message fragments"$/);
    expect(sink.reasons.length).toBe(1);
  });

  test('that announces a frame that is too large is dropped before the frame arrives', async () => {
    const { failure } = await startTalking((socket) => {
      const head = Buffer.from([FIN | TEXT, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
      head.writeBigUInt64BE(BigInt(MAX_FRAME_BYTES + 1), 2);
      socket.write(head);
    });
    expect(await failure()).toMatch(/cannot be read: "Max payload size exceeded"$/);
  });

  test('that sends an endless frame byte by byte counts as silent', async () => {
    let drip = () => {};
    const { clock, source, failure, sink } = await startTalking((socket) => {
      drip = () => void socket.write('x');
      socket.write(Buffer.from([FIN | TEXT, 126, 0xff, 0xff]));
    });
    await sink.until(() => source.state.name === 'live');
    for (let waited = 0; waited < LONGEST_SILENCE_MS; waited += 1000) {
      drip();
      await setImmediate();
      clock.advance(1000);
    }
    expect(await failure()).toMatch(/has been silent for 20 s$/);
  });

  test('that sends headers without end is dropped', async () => {
    const { failure } = await startHost((socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\n');
      endlessly(socket, Buffer.from('x: y\r\n'.repeat(1000)));
    });
    expect(await failure()).toMatch(/cannot be reached: "Parse Error: Header overflow"$/);
  });

  test.each([
    ['sends interim answers without end', '', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
    ['sends an answer byte by byte', 'HTTP/1.1 101 ', 'x'],
  ])('that %s is dropped after ten seconds', async (_, start, text) => {
    let write = () => {};
    const { clock, failure } = await startHost((socket) => {
      socket.write(start);
      write = () => void socket.write(text);
    });
    for (let waited = 0; waited < CONNECT_WITHIN_MS; waited += 1000) {
      write();
      await setImmediate();
      clock.advance(1000);
    }
    expect(await failure()).toMatch(/did not answer within 10 s$/);
  });

  test('that answers with an endless page is dropped', async () => {
    const { failure } = await startHost((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      endlessly(socket, Buffer.from('1\r\nx\r\n'.repeat(1000)));
    });
    expect(await failure()).toMatch(/cannot be reached: it answered with the status 200$/);
  });

  test('that redirects is not followed', async () => {
    let visits = 0;
    const elsewhere = createServer((socket) => {
      visits += 1;
      socket.destroy();
    });
    elsewhere.listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    onTestFinished(() => void elsewhere.close());
    const { port } = elsewhere.address() as AddressInfo;
    const { failure } = await startHost((socket) => {
      socket.end(`HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:${port}/\r\n\r\n`);
    });
    expect(await failure()).toMatch(/cannot be reached: it answered with the status 302$/);
    expect(visits).toBe(0);
  });
});
