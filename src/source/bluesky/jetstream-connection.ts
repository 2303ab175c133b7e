// One connection to a Jetstream host, from its handshake to its end, which comes once and for all.

import { type RawData, WebSocket } from 'ws';
import type { Clock } from '../../base/clock.ts';
import { excerpt } from './jetstream-event.ts';

/** A post takes about 1 kB. Jetstream leaves out what is larger; who sends it all the same is cut off. */
export const MAX_FRAME_BYTES = 256 * 1024;
/** How long a host may take to accept a connection. */
export const CONNECT_WITHIN_MS = 10_000;
/** About 50 posts a second come, and at no hour less than one: a line that is silent so long is dead. */
export const LONGEST_SILENCE_MS = 20_000;

/** Frames that are read in one tick, so that a burst, of rubbish or of posts, leaves room for others. */
export const FRAMES_A_TICK = 128;

export interface Loss {
  /** What happened, as the end of a sentence that begins with the host. */
  readonly reason: string;
  /** The line fell silent, so the host may be the one that is cut off. */
  readonly silent?: boolean;
  /** A frame broke the protocol or was too large. It may come again at the same place. */
  readonly brokenFrame?: boolean;
}

export interface LineEvents {
  open(): void;
  text(text: string): void;
  /** A frame that Jetstream does not send. */
  odd(reason: string): void;
  /** The end, unless it came by `close`. Nothing follows. */
  lost(loss: Loss): void;
}

interface Frame {
  readonly data: RawData;
  readonly isBinary: boolean;
}

export interface Line {
  /** Ends it without another event; resolves when its socket is gone. */
  close(): Promise<void>;
}

/**
 * Frames are handled as they are read: while we are busy the socket is not read, and the host is held up
 * by TCP, or gives us up, and we resume from the cursor. Nothing waits here but what one chunk of the
 * socket, 64 KiB, holds beyond FRAMES_A_TICK.
 */
export function openLine(url: string, events: LineEvents, clock: Clock): Line {
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: MAX_FRAME_BYTES });
  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const waiting: Frame[] = [];
  let framesThisTick = 0;
  /** What ended it, while frames from before that wait. */
  let loss: Loss | undefined;
  let heard = clock.monotonic();
  let ended = false;
  let cancel = clock.after(CONNECT_WITHIN_MS, () =>
    lose({ reason: `did not answer within ${CONNECT_WITHIN_MS / 1000} s` }),
  );

  function listenFor(ms: number): void {
    cancel = clock.after(ms, () => {
      const quiet = clock.monotonic() - heard;
      if (quiet < LONGEST_SILENCE_MS) return listenFor(Math.ceil(LONGEST_SILENCE_MS - quiet));
      lose({ reason: `has been silent for ${LONGEST_SILENCE_MS / 1000} s`, silent: true });
    });
  }

  function read({ data, isBinary }: Frame): void {
    if (ended) return;
    if (isBinary) events.odd('a binary frame; Jetstream sends text');
    else events.text(String(data));
  }

  function endTick(): void {
    const frames = waiting.splice(0, FRAMES_A_TICK);
    framesThisTick = frames.length;
    if (frames.length === 0) return;
    setImmediate(endTick);
    for (const frame of frames) read(frame);
    if (waiting.length > 0 || ended) return;
    if (loss === undefined) socket.resume();
    else lose(loss);
  }

  function end(): void {
    ended = true;
    waiting.length = 0;
    cancel();
    // Not close(): a peer that is gone or broken would be waited for, and there is nothing to say.
    socket.terminate();
  }

  function lose(reason: Loss): void {
    if (ended) return;
    loss ??= reason;
    if (waiting.length > 0) return;
    end();
    events.lost(loss);
  }

  socket.on('open', () => {
    if (ended) return;
    cancel();
    heard = clock.monotonic();
    listenFor(LONGEST_SILENCE_MS);
    events.open();
  });
  socket.on('message', (data, isBinary) => {
    // What was read along with the last frame still comes after the end.
    if (ended) return;
    heard = clock.monotonic();
    const frame = { data, isBinary };
    if (framesThisTick === 0) setImmediate(endTick);
    framesThisTick += 1;
    if (framesThisTick <= FRAMES_A_TICK && waiting.length === 0) {
      read(frame);
    } else {
      socket.pause();
      waiting.push(frame);
    }
  });
  socket.on('error', (error) => lose(explain(error)));
  socket.on('close', (code, reason) => lose({ reason: describeClose(code, String(reason)) }));

  return {
    close() {
      end();
      return gone;
    },
  };
}

function explain(error: Error & { code?: string }): Loss {
  const { code = '' } = error;
  // An address with two IPs fails with an AggregateError, which has a code and no message.
  const what = excerpt(error.message || code || error.name);
  return code.startsWith('WS_ERR_')
    ? { reason: `sent a frame that cannot be read: ${what}`, brokenFrame: true }
    : { reason: `cannot be reached: ${what}` };
}

/** Codes are those of RFC 6455, 7.4.1. */
const NO_CODE = 1005;
const ABNORMAL = 1006;

function describeClose(code: number, reason: string): string {
  if (code === ABNORMAL) return 'broke off the connection';
  const why = [...(code === NO_CODE ? [] : [String(code)]), ...(reason ? [excerpt(reason)] : [])];
  return `closed the connection${why.length > 0 ? ` (${why.join(' ')})` : ''}`;
}
