// /track: the raw WebSocket of the first server, for the clients that it has. schema/track.md is its contract.

import type { WebSocket } from 'ws';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import type { Multiplexer } from '../stream/multiplexer.ts';
import { parseTrack } from '../track/track.ts';
import { UserError } from '../user-error.ts';

/** By RFC 6455, section 7.4.1. */
const NOT_JSON = 1007;
const REFUSED = 1008;
const GOING_AWAY = 1001;
/** A close frame has room for this much of a reason, in bytes (RFC 6455, section 5.5). */
const MAX_REASON_BYTES = 123;

/** Takes over a socket whose handshake is done. */
export function serveTrackSocket(socket: WebSocket, multiplexer: Multiplexer): void {
  let events: AsyncIterableIterator<SentimentEvent, undefined> | undefined;

  function follow(next: typeof events): void {
    const last = events;
    events = next;
    // Only now, so that the same query sent twice does not close its topic in between.
    void last?.return?.();
    if (next) void pump(next);
  }

  async function pump(from: NonNullable<typeof events>): Promise<void> {
    for await (const event of from) {
      if (from !== events) return;
      await send(socket, encode(event));
    }
    if (from === events) socket.close(GOING_AWAY, 'The server is going away');
  }

  function refuse(code: number, reason: string): void {
    follow(undefined);
    socket.close(code, cutToBytes(reason, MAX_REASON_BYTES));
  }

  socket.on('message', (data) => {
    if (socket.readyState !== socket.OPEN) return;
    const query = readMessage(String(data));
    if (query instanceof BadMessage) return refuse(query.code, query.reason);
    if (query.trim() === '') return follow(undefined);
    const track = parseTrack(query);
    if (track instanceof UserError) return refuse(REFUSED, track.message);
    follow(multiplexer.subscribe(track));
  });
  socket.once('close', () => follow(undefined));
}

class BadMessage {
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string) {
    this.code = code;
    this.reason = reason;
  }
}

function readMessage(text: string): string | BadMessage {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return new BadMessage(NOT_JSON, 'Not JSON; send {"track": "coffee"}');
  }
  if (typeof message === 'object' && message !== null && 'track' in message) {
    if (typeof message.track === 'string') return message.track;
  }
  return new BadMessage(REFUSED, 'No string "track" in the message; send {"track": "coffee"}');
}

function encode({ polarityIndex, hashtags }: SentimentEvent): string {
  const counts = hashtags.map(({ tag, count }) => [tag, count] as const);
  return JSON.stringify({ polarityIndex, hashtags: Object.fromEntries(counts) });
}

/** Resolves when the kernel has taken the message, or the socket is gone. */
function send(socket: WebSocket, message: string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) resolve();
    else socket.send(message, () => resolve());
  });
}

/** The longest beginning of `text` that takes at most `max` bytes of UTF-8, whole characters only. */
function cutToBytes(text: string, max: number): string {
  const bytes = new Uint8Array(max);
  const { read } = new TextEncoder().encodeInto(text, bytes);
  return text.slice(0, read);
}
