// Serves the requests of one connection one after the other. A client may send many before it has an answer
// (pipelining). In this way no answer waits in memory behind another, and each response has the connection to itself:
// Node tells a response that its connection has closed, but not the responses behind it.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../base/clock.ts';
import type { Telemetry } from '../../stream/telemetry.ts';
import { boundUnreadBody } from './unread-body.ts';

/** Unanswered requests of one connection. */
const MAX_PIPELINED = 32;
/** Heads and bodies that may wait on one connection, in bytes. */
const PIPELINED_BYTES = 256 * 1024;
/** The memory that a header's name or value takes besides its characters, in bytes. */
const TEXT_BYTES = 64;
/** How long a request may wait for the one before it, in milliseconds. Behind a stream of events it would wait for ever. */
export const WAITS_FOR = 10_000;

type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

interface Unanswered {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly serve: RequestListener;
}

/** The first request is being served, the others wait. */
interface Pipeline {
  readonly requests: Unanswered[];
  /** Stops the timer of those that wait. */
  cancel(): void;
}

/** `longestBody` is what a request may have, in bytes. */
export function createPipelines(clock: Clock, telemetry: Telemetry, longestBody: number) {
  const pipelines = new WeakMap<Duplex, Pipeline>();

  function reject(socket: Duplex, detail: string): void {
    telemetry.rejected('pipelined', detail);
    socket.destroy();
  }

  function watch(pipeline: Pipeline, socket: Duplex): void {
    pipeline.cancel = clock.after(WAITS_FOR, () =>
      reject(socket, 'a request behind an answer that takes long'),
    );
  }

  function serveNext(pipeline: Pipeline, socket: IncomingMessage['socket']): void {
    const [next] = pipeline.requests;
    // No request waits, or Node is about to close the connection and assigns it to no further response.
    if (!next?.response.socket) {
      pipelines.delete(socket);
      if (next) socket.destroySoon();
      return;
    }
    const { request, response, serve } = next;
    response.once('close', () => {
      pipeline.cancel();
      pipeline.requests.shift();
      serveNext(pipeline, socket);
    });
    if (pipeline.requests.length > 1) watch(pipeline, socket);
    boundUnreadBody(request, response, longestBody, clock, telemetry);
    serve(request, response);
  }

  return {
    /** Calls `serve` for a request once the requests before it on its connection are answered. */
    inOrder(serve: RequestListener): RequestListener {
      return (request, response) => {
        const { socket } = request;
        // Node still reads what arrived before the connection was closed.
        if (socket.destroyed || socket.writableEnded) return;
        const pipeline = pipelines.get(socket) ?? { requests: [], cancel() {} };
        pipelines.set(socket, pipeline);
        pipeline.requests.push({ request, response, serve });
        const { length } = pipeline.requests;
        if (length === 1) serveNext(pipeline, socket);
        else if (length > MAX_PIPELINED) reject(socket, 'too many requests at once');
        else if (waitingBytes(pipeline) > PIPELINED_BYTES) reject(socket, 'too much at once');
        else if (length === 2) watch(pipeline, socket);
      };
    },
    /** Rejects an upgrade that arrives before earlier requests are answered; no honest client sends one. */
    alone(upgrade: UpgradeListener): UpgradeListener {
      return (request, socket, head) => {
        if (pipelines.has(socket)) reject(socket, 'an upgrade behind other requests');
        else upgrade(request, socket, head);
      };
    },
  };
}

function waitingBytes({ requests }: Pipeline): number {
  return requests.slice(1).reduce((sum, { request }) => sum + bytesOf(request), 0);
}

/** The memory that a waiting request takes, in bytes. */
function bytesOf({ url = '', rawHeaders, readableLength }: IncomingMessage): number {
  const texts = rawHeaders.reduce((sum, { length }) => sum + TEXT_BYTES + length, 0);
  return url.length + readableLength + texts;
}
