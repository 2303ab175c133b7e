// A host that is no Jetstream, or one that somebody has taken over: what it sends has bounds in bytes,
// in depth and in time.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createBluesky } from '../../../src/source/bluesky/bluesky.ts';
import {
  CONNECT_WITHIN_MS,
  FRAMES_A_TICK,
  LONGEST_SILENCE_MS,
  MAX_FRAME_BYTES,
} from '../../../src/source/bluesky/jetstream-connection.ts';
import { SOMEBODY } from '../../support/bluesky-source.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { postEvent } from '../../support/jetstream-events.ts';
import { createRecordingSink } from '../../support/recording-sink.ts';

const FIN = 0x80;
const TEXT = 1;
const PING = 9;
const CLOSE = 8;
/** Of RFC 6455, 1.3. */
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

/** The same on a host that shakes hands and then does `talk`. */
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

/** Goes on until the connection is gone. */
function endlessly(socket: Socket, bytes: Uint8Array): void {
  const write = () => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on('drain', write);
  write();
}

describe('a hostile host', () => {
  test('floods: its frames are read in many ticks, and all of them', async () => {
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

  test('ends a flood of posts: those before the end are delivered', async () => {
    const posts = Array.from({ length: 1000 }, (_, n) => {
      const event = { time_us: 1, ...postEvent(n, { text: 'coffee' }) };
      return frame(TEXT, JSON.stringify(event));
    });
    const burst = Buffer.concat([...posts, frame(CLOSE, new Uint8Array([0x03, 0xe9]))]);
    const { sink, failure } = await startTalking((socket) => socket.write(burst));
    expect(await failure()).toMatch(/closed the connection \(1001\)$/);
    expect(sink.posts.length).toBe(1000);
  });

  test('pings without an end and reads no answer: it is given up', async () => {
    const { failure } = await startTalking((socket) => {
      socket.pause();
      endlessly(socket, repeat(frame(PING, 'p'.repeat(125)), 1000));
    });
    expect(await failure()).toMatch(/broke off the connection$/);
  });

  test('cuts a message into pieces without an end: it is given up', async () => {
    const { failure, sink } = await startTalking((socket) => {
      socket.write(frame(TEXT, '', 0));
      endlessly(socket, repeat(frame(0, '', 0), 1000));
    });
    expect(await failure()).toMatch(/cannot be read: "Too many message fragments"$/);
    expect(sink.reasons.length).toBe(1);
  });

  test('announces a frame that is too large: it is given up before it comes', async () => {
    const { failure } = await startTalking((socket) => {
      const head = Buffer.from([FIN | TEXT, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
      head.writeBigUInt64BE(BigInt(MAX_FRAME_BYTES + 1), 2);
      socket.write(head);
    });
    expect(await failure()).toMatch(/cannot be read: "Max payload size exceeded"$/);
  });

  test('sends a frame byte by byte and never all of it: that is silence', async () => {
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

  test('sends headers without an end: it is given up', async () => {
    const { failure } = await startHost((socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\n');
      endlessly(socket, Buffer.from('x: y\r\n'.repeat(1000)));
    });
    expect(await failure()).toMatch(/cannot be reached: "Parse Error: Header overflow"$/);
  });

  test.each([
    ['promises an answer again and again', '', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
    ['sends an answer byte by byte', 'HTTP/1.1 101 ', 'x'],
  ])('%s: its time ends', async (_, start, text) => {
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

  test('answers without a handshake and without an end: it is given up', async () => {
    const { failure } = await startHost((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      endlessly(socket, Buffer.from('1\r\nx\r\n'.repeat(1000)));
    });
    expect(await failure()).toMatch(/cannot be reached: "Unexpected server response: 200"$/);
  });

  test('sends us elsewhere: we do not go', async () => {
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
    expect(await failure()).toMatch(/cannot be reached: "Unexpected server response: 302"$/);
    expect(visits).toBe(0);
  });
});
