// One connection to X's stream, from the request to its end. It uses Node's own client: twitter-api-v2 cuts
// characters at chunk boundaries and hangs on a silent server, and fetch loses what has arrived before a
// connection breaks.

import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Clock } from '../../base/clock.ts';
import { parseJson } from '../../base/json.ts';
import { Inflow } from '../inflow.ts';
import { LINES_A_TICK, type Line, LineSplitter } from '../lines.ts';
import { explainNetwork } from '../network-error.ts';
import { watchSilence } from '../silence.ts';
import { type Failure, readFailure } from './failure.ts';
import { KEEP_ALIVE_MS } from './limits.ts';

interface ConnectionEvents {
  /** X has accepted, with these headers. */
  readonly onOpen: (headers: IncomingMessage['headers']) => void;
  /** An empty line is a keep-alive. */
  readonly onLine: (line: Line) => void;
  /** The last event, unless the returned function closed the connection. */
  readonly onEnd: (failure: Failure) => void;
}

/** A connection that is silent for longer is dead, in milliseconds. Adds the network's delay to X's interval. */
export const SILENCE_MS = KEEP_ALIVE_MS + 3_000;
/** A long post with all its fields takes about 100 kB. */
const MAX_LINE_BYTES = 1024 * 1024;
/** Beyond either, reading stops until later ticks have caught up. */
const MAX_WAITING = { bytes: 1024 * 1024, chunks: 4096 } as const;
/** The most waiting lines that a close still reads: MAX_WAITING cannot hold more posts. */
const MAX_LAST_LINES = 4096;
/** The beginning of an error answer, which says why there is no stream. */
const MAX_ERROR_BYTES = 64 * 1024;

/** Connects at once. The returned function closes the connection, after the lines that have arrived. */
export function connectStream(
  url: URL,
  token: string,
  clock: Clock,
  { onOpen, onLine, onEnd }: ConnectionEvents,
): () => void {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const splitter = new LineSplitter(MAX_LINE_BYTES);
  let response: IncomingMessage | undefined;
  let isOpen = false;
  let waitingBytes = 0;

  const silence = watchSilence(clock, SILENCE_MS, () =>
    end(isOpen ? 'X went silent' : 'X does not answer'),
  );
  const inflow = new Inflow<Line, Failure>(LINES_A_TICK, {
    read(line) {
      // Only whole lines are a sign of life, so that a line that trickles in for ever is none.
      silence.heard();
      onLine(line);
    },
    resume: () => response?.resume(),
    end(failure) {
      release();
      // The last line may be whole but for its line break.
      const rest = isOpen ? splitter.end() : undefined;
      if (rest !== undefined) onLine(rest);
      onEnd(failure);
    },
  });

  function* linesOf(chunk: Uint8Array): Generator<Line> {
    waitingBytes -= chunk.length;
    yield* splitter.push(chunk);
  }

  function release(): void {
    silence.cancel();
    sent.destroy();
  }

  function end(reason: string): void {
    inflow.end({ kind: 'network', reason });
  }

  function read(answer: IncomingMessage): void {
    response = answer;
    silence.heard();
    const status = answer.statusCode ?? 0;
    if (status !== 200) {
      readBody(answer, (body) => inflow.end(readFailure(status, body, answer.headers)));
      return;
    }
    const reason = whyUnreadable(answer.headers);
    if (reason !== undefined) {
      inflow.end({ kind: 'http', reason });
      return;
    }
    isOpen = true;
    onOpen(answer.headers);
    answer.on('data', (chunk: Uint8Array) => {
      waitingBytes += chunk.length;
      inflow.push(linesOf(chunk));
      // Chunks wait here and not in Node, which drops those of a paused response when the connection breaks.
      const isFull = waitingBytes > MAX_WAITING.bytes || inflow.waiting > MAX_WAITING.chunks;
      if (isFull) answer.pause();
    });
    answer.on('end', () => end('X closed the connection'));
    answer.on('error', breakOff);
  }

  function breakOff(error: Error): void {
    const what = isOpen ? 'the connection to X broke' : 'X cannot be reached';
    end(`${what} (${explainNetwork(error)})`);
  }

  // Uncompressed: in a compressed stream, a line waits for the compressor's next block.
  const headers = { authorization: `Bearer ${token}`, 'accept-encoding': 'identity' };
  const sent = request(url, { headers, agent: false });
  // Posts are small and must not wait for one another.
  sent.setNoDelay(true);
  sent.on('response', read);
  sent.on('error', breakOff);
  sent.end();
  return () => {
    if (inflow.isOver) return;
    inflow.stop();
    release();
    // X has charged for the posts that have arrived.
    for (let count = 0; count < MAX_LAST_LINES; count++) {
      const line = inflow.take();
      if (line === undefined) return;
      onLine(line);
    }
  };
}

/** Bad lines count for the allowance, as X may have charged for them. Those of something else must not use it up. */
function whyUnreadable(headers: IncomingMessage['headers']): string | undefined {
  const { 'content-type': type = '', 'content-encoding': coding = '' } = headers;
  if (/^text\/html\b/i.test(type)) return 'X answered with a web page, perhaps that of a proxy';
  const isPlain = /^(?:identity)?$/i.test(coding);
  return isPlain ? undefined : 'X answered with a compressed stream, which Senti did not ask for';
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
