// One connection to X's stream: lines out of it until it ends, and how it ended. Node's own client, as
// twitter-api-v2 cuts characters at chunk boundaries and hangs on a silent server, and fetch throws away
// what has arrived before a connection breaks.

import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Clock } from '../../base/clock.ts';
import { parseJson } from '../../base/json.ts';
import { LINES_A_TICK, type Line, LineSplitter } from '../lines.ts';
import { type Failure, readFailure } from './failure.ts';
import { KEEP_ALIVE_MS } from './limits.ts';

export interface ConnectionEvents {
  /** X has accepted, with these headers. */
  readonly onOpen: (headers: IncomingMessage['headers']) => void;
  /** A line of a stream that X has accepted; an empty one says no more than that it is alive. */
  readonly onLine: (line: Line) => void;
  /** Called once, and nothing is called after it. Not called after `close`. */
  readonly onEnd: (failure: Failure) => void;
}

/** Silence for longer than this is a dead line, in milliseconds: X's word, and a little for the way. */
export const SILENCE_MS = KEEP_ALIVE_MS + 3_000;
/** A long post with everything about it has some 100 kB; a line beyond this is not one. */
const MAX_LINE_BYTES = 1024 * 1024;
/** What has come and waits for its tick: beyond either, no more is read. A break leaves all of it readable. */
const MOST_WAITING = { bytes: 1024 * 1024, chunks: 4096 } as const;
/** Waiting lines that are read when the connection closes: more than there can be posts in MOST_WAITING. */
const MOST_LAST_LINES = 4096;
/** As much as is read of an answer that says why there is no stream. */
const MAX_ERROR_BYTES = 64 * 1024;

/** Connects at once; the returned function ends it, with the lines that have come and no other event. */
export function connect(
  url: URL,
  token: string,
  clock: Clock,
  { onOpen, onLine, onEnd }: ConnectionEvents,
): () => void {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const splitter = new LineSplitter(MAX_LINE_BYTES);
  let heard = clock.monotonic();
  let over = false;
  let open = false;
  /** Lines have been read in this tick, or wait for the next one. */
  let isReading = false;
  const waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  /** Of the chunk that is being read. */
  let lines: Iterator<Line> | undefined;
  let ending: Failure | undefined;
  let cancel = listenForSilence(SILENCE_MS);

  // One timer for all lines: when it rings, it looks how long ago the last one came.
  function listenForSilence(ms: number): () => void {
    return clock.after(ms, () => {
      const left = heard + SILENCE_MS - clock.monotonic();
      if (left > 0) cancel = listenForSilence(left);
      else end({ kind: 'network', reason: open ? 'X went silent' : 'X does not answer' });
    });
  }

  function stop(): void {
    over = true;
    cancel();
    sent.destroy();
  }

  function end(failure: Failure): void {
    if (over) return;
    ending ??= failure;
    if (isLineWaiting()) return;
    // Whole lines have been read as they came; this is one that has lost its line break, or its half.
    const rest = open ? splitter.end() : undefined;
    stop();
    if (rest !== undefined) onLine(rest);
    onEnd(ending);
  }

  function isLineWaiting(): boolean {
    return lines !== undefined || waiting.length > 0;
  }

  function nextLine(): Line | undefined {
    for (;;) {
      const next = lines?.next();
      if (next?.done === false) return next.value;
      const chunk = waiting.shift();
      lines = chunk && splitter.push(chunk);
      if (chunk === undefined) return undefined;
      waitingBytes -= chunk.length;
    }
  }

  /** Passes on a bounded number of lines a tick, whatever the chunks are that they come in. */
  function pass(response: IncomingMessage): void {
    isReading = true;
    for (let count = 0; count < LINES_A_TICK; count++) {
      const line = over ? undefined : nextLine();
      if (line === undefined) break;
      // Whole lines alone are a sign of life: one that trickles in for ever is none.
      heard = clock.monotonic();
      onLine(line);
    }
    if (!over) setImmediate(() => passOn(response));
  }

  function passOn(response: IncomingMessage): void {
    if (over) return;
    if (isLineWaiting()) {
      pass(response);
      return;
    }
    isReading = false;
    if (ending === undefined) response.resume();
    else end(ending);
  }

  function hold(chunk: Uint8Array, response: IncomingMessage): void {
    waiting.push(chunk);
    waitingBytes += chunk.length;
    // What Node holds back of a paused response is lost when the connection breaks.
    const isFull = waitingBytes > MOST_WAITING.bytes || waiting.length > MOST_WAITING.chunks;
    if (isFull) response.pause();
    if (!isReading) pass(response);
  }

  function read(response: IncomingMessage): void {
    heard = clock.monotonic();
    const status = response.statusCode ?? 0;
    if (status !== 200) {
      readBody(response, (body) => end(readFailure(status, body, response.headers)));
      return;
    }
    open = true;
    onOpen(response.headers);
    response.on('data', (chunk: Uint8Array) => hold(chunk, response));
    response.on('end', () => end({ kind: 'network', reason: 'X closed the connection' }));
    response.on('error', broken);
  }

  function broken({ message }: Error): void {
    const reason = open ? 'the connection to X broke' : 'X cannot be reached';
    end({ kind: 'network', reason: `${reason} (${message})` });
  }

  // Uncompressed, since in a compressed stream a line waits for the compressor's next block.
  const headers = { authorization: `Bearer ${token}`, 'accept-encoding': 'identity' };
  const sent = request(url, { headers, agent: false });
  // Posts are small and must not wait for one another.
  sent.setNoDelay(true);
  sent.on('response', read);
  sent.on('error', broken);
  sent.end();
  return () => {
    if (over) return;
    stop();
    // X has charged for what has come.
    for (let count = 0; count < MOST_LAST_LINES; count++) {
      const line = nextLine();
      if (line === undefined) return;
      onLine(line);
    }
  };
}

function readBody(response: IncomingMessage, then: (body: unknown) => void): void {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const finish = () => then(parseJson(Buffer.concat(chunks).toString()));
  response.on('data', (chunk: Uint8Array) => {
    bytes += chunk.length;
    if (bytes <= MAX_ERROR_BYTES) chunks.push(chunk);
    else finish();
  });
  response.on('end', finish);
  response.on('error', finish);
}
