import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LINES_A_TICK, type Line } from '../../../src/source/lines.ts';
import type { Failure } from '../../../src/source/x/failure.ts';
import { connectStream, SILENCE_MS } from '../../../src/source/x/stream-connection.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { until } from '../../support/until.ts';

const MIB = 1024 * 1024;
/** More than the kernel's buffers hold beside what was read. */
const PLENTY = 32 * MIB;
const FLOOD = 50_000;

async function open(answer: (response: ServerResponse) => void) {
  let response: ServerResponse | undefined;
  const http = createServer((_, it) => {
    response = it;
    it.on('error', () => {});
    answer(it);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const clock = new FakeClock();
  const url = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/`);
  const lines: Line[] = [];
  const ends: Failure[] = [];
  const close = connectStream(url, 'token', clock, {
    onOpen: () => {},
    onLine: (line) => lines.push(line),
    onEnd: (failure) => ends.push(failure),
  });
  onTestFinished(() => {
    close();
    http.closeAllConnections();
    http.close();
  });
  await until(() => response !== undefined);
  return {
    clock,
    lines,
    ends,
    /** Resolves when the kernel has the bytes. */
    send: (bytes: string) =>
      new Promise<void>((resolve) => response?.write(bytes, () => resolve())),
  };
}

describe('a connection to X', () => {
  test.each([
    ['content-type', 'text/html; charset=utf-8', /^X answered with a web page/],
    ['content-encoding', 'gzip', /^X answered with a compressed stream/],
  ])('that has the %s %s is none, and no line of it counts', async (name, value, reason) => {
    const { ends, lines } = await open((response) => {
      response.writeHead(200, { [name]: value });
      response.write('<p>\n'.repeat(100));
    });
    await until(() => ends.length > 0 || lines.length > 0);
    expect(ends).toEqual([{ kind: 'http', reason: expect.stringMatching(reason) }]);
    expect(lines).toEqual([]);
  });

  test('reads only the beginning of an answer that says why there is no stream', async () => {
    let written = 0;
    function* chunks() {
      for (; written < PLENTY; written += MIB) yield Buffer.alloc(MIB, ' ');
    }
    const { ends } = await open((response) => {
      response.writeHead(503);
      pipeline(Readable.from(chunks()), response).catch(() => {});
    });
    await until(() => ends.length > 0);
    expect(ends).toEqual([{ kind: 'http', reason: 'X answered 503' }]);
    expect(written).toBeLessThan(PLENTY);
  });

  test('waits for the end of such an answer only as long as for a sign of life', async () => {
    const { clock, send, ends } = await open((response) => response.writeHead(503));
    for (let passed = 0; passed < SILENCE_MS; passed += 1000) {
      await send(' ');
      await setImmediate();
      clock.advance(1000);
    }
    expect(ends).toEqual([{ kind: 'network', reason: 'X does not answer' }]);
  });

  test('is dropped when a line does not end, although a byte of it arrives every second', async () => {
    const { clock, lines, send, ends } = await open((response) => response.writeHead(200));
    await send('one\r\n');
    await until(() => lines.length === 1);
    for (let passed = 0; passed < SILENCE_MS; passed += 1000) {
      await send('x');
      await setImmediate();
      clock.advance(1000);
    }
    expect(ends).toEqual([{ kind: 'network', reason: 'X went silent' }]);
  });

  test.each([
    ['one chunk', [FLOOD]],
    ['a chunk a line', Array<number>(FLOOD).fill(1)],
  ])('reads a flood of lines in %s over many ticks, to the last line', async (_, chunks) => {
    const { lines, ends } = await open((response) => {
      response.flushHeaders();
      const bytes = chunks.map(
        (count) => `${(2 * count).toString(16)}\r\n${'x\n'.repeat(count)}\r\n`,
      );
      response.socket?.write(`${bytes.join('')}0\r\n\r\n`);
    });
    let most = 0;
    for (let before = 0; ends.length === 0; before = lines.length) {
      await setImmediate();
      most = Math.max(most, lines.length - before);
    }
    expect(most).toBeLessThanOrEqual(2 * LINES_A_TICK);
    expect(lines.length).toBe(FLOOD);
    expect(ends).toEqual([{ kind: 'network', reason: 'X closed the connection' }]);
  });

  test('reads all lines that arrived before the connection broke, even of a flood', async () => {
    const { lines, ends } = await open((response) => {
      response.write('x\n'.repeat(FLOOD), () => response.destroy());
    });
    await until(() => ends.length > 0);
    expect(lines.length).toBe(FLOOD);
  });
});
