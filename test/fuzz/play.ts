// Plays a session against a running server, over a raw connection.

import { connect } from 'node:net';
import { leakIn, SocketReader } from './answers.ts';
import type { Session } from './session.ts';

export interface Playing {
  readonly session: Session;
  /** Resolves when the connection is over, with what was wrong with the answers, if anything. */
  readonly over: Promise<string | undefined>;
  /** Inputs that the server has certainly read: those that it answered, or all up to a mark; at least one. */
  readonly read: number;
  /** Resolves when everything is written, and the server has read a WebSocket up to the mark. */
  readonly marked: Promise<void>;
  /** Has a client that lingers hang up. */
  leave(): void;
}

const ANSWER = /HTTP\/1\.1 [2-5]\d\d /g;
/** Enough to judge an answer. A longer one is judged piece by piece. */
const KEPT_CHARACTERS = 4096;

export function play(session: Session, url: URL): Playing {
  const socket = connect({ host: url.hostname, port: Number(url.port), allowHalfOpen: true });
  const isSocket = session.surface === 'graphql' || session.surface === 'track';
  const reader = isSocket ? new SocketReader() : undefined;
  let problem: string | undefined;
  let kept = '';
  let answers = 0;
  const mark = Promise.withResolvers<void>();
  const over = Promise.withResolvers<string | undefined>();

  socket.on('data', (chunk) => {
    if (reader) {
      reader.read(chunk);
      problem ??= reader.problem;
      if (reader.readAll) mark.resolve();
      // The server would wait for another request.
      if (reader.rejected) socket.end();
      if (reader.closed !== undefined && session.after === 'linger') socket.end();
    } else {
      // So that a leak that spans two chunks is found.
      kept = kept.slice(-KEPT_CHARACTERS) + chunk.toString('latin1');
      answers += chunk.toString('latin1').match(ANSWER)?.length ?? 0;
      problem ??= leakIn(kept);
    }
  });
  // The server may close the connection while this client is still writing.
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  socket.on('close', () => {
    mark.resolve();
    over.resolve(problem);
  });

  const written = write();
  return {
    session,
    over: over.promise,
    get read() {
      if (reader) return reader.readAll ? session.inputs : 1;
      return Math.max(1, Math.min(answers, session.inputs));
    },
    marked: reader ? mark.promise : written,
    leave: () => void written.then(() => socket.end()),
  };

  async function write(): Promise<void> {
    for (const bytes of session.writes) {
      if (socket.destroyed) return;
      await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
    }
    if (session.after === 'hang up') socket.end();
    if (session.after === 'vanish') socket.resetAndDestroy();
  }
}
