// One WebSocket connection to an upstream host, from its handshake to its end.

import type { IncomingHttpHeaders } from 'node:http';
import { WebSocket } from 'ws';
import type { Clock } from '../base/clock.ts';
import { excerpt } from './excerpt.ts';
import { Inflow } from './inflow.ts';
import { explainNetwork } from './network-error.ts';
import { type SilenceWatch, watchSilence } from './silence.ts';

/** How long a host may take to accept a connection. */
export const CONNECT_WITHIN_MS = 10_000;
/** A host that is silent this long is dead. A frame, a ping or the answer to a ping is a sign of life. */
export const LONGEST_SILENCE_MS = 20_000;
/** A host that has nothing to send is asked for a sign of life this often. */
export const PING_EVERY_MS = 8_000;
export const FRAMES_A_TICK = 128;

interface SocketOptions {
  /** The headers of the handshake. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The connection ends if the host sends a larger frame. */
  readonly maxFrameBytes: number;
  /** How long a connection is kept on which nothing can be read but pings, in milliseconds. */
  readonly longestWithoutFrameMs: number;
}

export interface Loss {
  /** What happened, as the end of a sentence that begins with the host. */
  readonly reason: string;
  /** The host fell silent or stalled, so another one may work. */
  readonly silent?: boolean;
  /** A frame was too large or broke the protocol. The host may send it again at the same place. */
  readonly brokenFrame?: boolean;
  /** The status of HTTP that the host answered the handshake with. */
  readonly status?: number | undefined;
  readonly headers?: IncomingHttpHeaders;
}

interface ConnectionEvents {
  open(): void;
  /** The host has answered a ping. */
  answered(): void;
  /** Returns whether the frame can be read, so that one that cannot is no sign of a working host. */
  text(text: string): boolean;
  /** A binary frame, which no upstream of ours sends. */
  bad(reason: string): void;
  /** The last event, unless `close` ended the connection. */
  lost(loss: Loss): void;
}

export interface SocketConnection {
  /** Reads nothing more for `ms` milliseconds. */
  rest(ms: number): void;
  /** Ends the connection at once for a reason of ours, which `lost` gets. */
  fail(loss: Loss): void;
  /** Ends the connection without another event. Resolves when its socket is gone. */
  close(): Promise<void>;
}

/**
 * Frames are handled as they arrive. While we are busy, TCP holds the host up, so at most one read of the socket,
 * 64 KiB, waits here.
 */
export function connectSocket(
  address: string,
  { headers = {}, maxFrameBytes, longestWithoutFrameMs }: SocketOptions,
  events: ConnectionEvents,
  clock: Clock,
): SocketConnection {
  const socket = new WebSocket(address, {
    headers,
    perMessageDeflate: false,
    maxPayload: maxFrameBytes,
  });
  const gone = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  let life: SilenceWatch | undefined;
  let frames: SilenceWatch | undefined;
  let cancelPing = () => {};
  let cancelRest = () => {};
  const cancelConnect = clock.after(CONNECT_WITHIN_MS, () =>
    inflow.end({ reason: `did not answer within ${CONNECT_WITHIN_MS / 1000} s` }),
  );
  const inflow = new Inflow<() => void, Loss>(FRAMES_A_TICK, {
    read: (deliver) => deliver(),
    resume: () => socket.resume(),
    end(loss) {
      release();
      events.lost(loss);
    },
  });

  function release(): void {
    cancelConnect();
    life?.cancel();
    frames?.cancel();
    cancelPing();
    cancelRest();
    // A closing handshake would wait for a peer that may be gone.
    socket.terminate();
  }

  function endWhenSilent(ms: number, what: string): SilenceWatch {
    const reason = `${what} for ${ms / 1000} s`;
    return watchSilence(clock, ms, () => inflow.end({ reason, silent: true }));
  }

  function ping(): void {
    cancelPing = clock.after(PING_EVERY_MS, () => {
      socket.ping();
      ping();
    });
  }

  function stop(): void {
    inflow.stop();
    release();
  }

  socket.on('open', () => {
    if (inflow.isOver) return;
    cancelConnect();
    life = endWhenSilent(LONGEST_SILENCE_MS, 'has been silent');
    frames = endWhenSilent(longestWithoutFrameMs, 'has sent nothing readable but pings');
    ping();
    events.open();
  });
  socket.on('message', (data, isBinary) => {
    life?.heard();
    const deliver = isBinary
      ? () => events.bad('a binary frame; text was expected')
      : () => {
          if (events.text(String(data))) frames?.heard();
        };
    inflow.push([deliver]);
    if (inflow.waiting > 0) socket.pause();
  });
  socket.on('ping', () => life?.heard());
  socket.on('pong', () => {
    life?.heard();
    if (!inflow.isOver) events.answered();
  });
  socket.on('unexpected-response', (_, { statusCode: status, headers }) =>
    inflow.end({
      reason: `cannot be reached: it answered with the status ${status}`,
      status,
      headers,
    }),
  );
  socket.on('error', (error) => inflow.end(explain(error)));
  socket.on('close', (code, reason) => inflow.end({ reason: describeClose(code, String(reason)) }));

  return {
    rest(ms) {
      inflow.hold();
      cancelRest();
      cancelRest = clock.after(ms, () => inflow.goOn());
    },
    fail(loss) {
      stop();
      events.lost(loss);
    },
    close() {
      stop();
      return gone;
    },
  };
}

function explain(error: Error & { code?: string }): Loss {
  const { code = '' } = error;
  const what = explainNetwork(error);
  return code.startsWith('WS_ERR_')
    ? { reason: `sent a frame that cannot be read: ${what}`, brokenFrame: true }
    : { reason: `cannot be reached: ${what}` };
}

/** RFC 6455, section 7.4.1. */
const NO_CODE = 1005;
const ABNORMAL = 1006;

function describeClose(code: number, reason: string): string {
  if (code === ABNORMAL) return 'broke off the connection';
  const why = [...(code === NO_CODE ? [] : [String(code)]), ...(reason ? [excerpt(reason)] : [])];
  return `closed the connection${why.length > 0 ? ` (${why.join(' ')})` : ''}`;
}
