// Requests to X's API, by way of twitter-api-v2. Answers are checked and bounded; errors are values.

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import {
  ApiPartialResponseError,
  ApiRequestError,
  ApiResponseError,
  TwitterApi,
} from 'twitter-api-v2';
import type { Clock } from '../../base/clock.ts';
import { type Fields, isRecord, parseJson } from '../../base/json.ts';
import { explainNetwork } from '../network-error.ts';
import { type Failure, type FailureKind, readFailure } from './failure.ts';

export class ApiFailure {
  readonly failure: Failure;

  constructor(failure: Failure) {
    this.failure = failure;
  }
}

/** How long X may take to answer, in milliseconds. */
const ANSWER_MS = 15_000;
const MIB = 1024 * 1024;
/** A page has a thousand rules of 2,048 characters at most. */
export const MAX_ANSWER_BYTES = 8 * MIB;

/** Takes one call at a time. */
export function createApiClient(url: string, token: string, clock: Clock) {
  let isClosed = false;
  let bytes = 0;
  let brokenOff: ApiFailure | undefined;
  let networkError: Error | undefined;
  // The client reads answers without a limit of size or time. Destroying its sockets ends a request.
  const httpAgent = watchedAgent(url, (socket) => {
    socket.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) breakOff(TOO_LONG);
    });
    // The client's own error does not tell.
    socket.on('error', (error: Error) => {
      networkError = error;
    });
  });
  const client = new TwitterApi(token, { httpAgent, compression: 'identity' });
  // When the client parses JSON, the error `{"errors":[null]}` makes it throw where nothing can catch it.
  const options = { prefix: url, forceParseMode: 'text' } as const;

  function breakOff(failure: ApiFailure): void {
    brokenOff ??= failure;
    httpAgent.destroy();
  }

  async function call(request: () => Promise<unknown>): Promise<Fields | ApiFailure> {
    if (isClosed) return CLOSED;
    bytes = 0;
    brokenOff = undefined;
    networkError = undefined;
    const cancel = clock.after(ANSWER_MS, () => breakOff(NO_ANSWER));
    try {
      const text = String(await request());
      const answer = parseJson(text);
      // The client takes the beginning of an answer for all of it.
      return brokenOff ?? (isRecord(answer) ? answer : UNREADABLE);
    } catch (error) {
      const failure = explain(error, networkError);
      if (failure === undefined) throw error;
      return brokenOff ?? failure;
    } finally {
      cancel();
    }
  }

  return {
    client,
    /** For each request of the client. */
    options,
    /** Returns what X answers to a request. */
    call,
    /** How many bytes the last answer had. */
    received: () => bytes,
    /** Breaks off the current call. Later calls fail. */
    close() {
      isClosed = true;
      breakOff(CLOSED);
    },
  };
}

const CLOSED = fail('network', 'Senti is stopping');
const UNREACHABLE = fail('network', 'X cannot be reached, or broke off');
const BROKEN_OFF = fail('network', 'X broke off its answer');
const NO_ANSWER = fail('network', 'X does not answer');
const TOO_LONG = fail('http', `X's answer is longer than ${MAX_ANSWER_BYTES / MIB} MiB`);
export const UNREADABLE = fail('http', 'X answered with something unreadable');

export function fail(kind: FailureKind, reason: string): ApiFailure {
  return new ApiFailure({ kind, reason });
}

/** Shows each socket to `watch`: bytes are counted there, as headers and interim answers take memory too. */
function watchedAgent(url: string, watch: (socket: Duplex) => void): HttpAgent {
  const agent = url.startsWith('https:') ? new HttpsAgent() : new HttpAgent();
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    const socket = connect(options, done);
    if (socket) watch(socket);
    return socket;
  };
  return agent;
}

/** Never passes the client's error on: it holds the request, with the token. */
function explain(error: unknown, networkError: Error | undefined): ApiFailure | undefined {
  if (error instanceof ApiResponseError) {
    const body = parseJson(String(error.data));
    return new ApiFailure(readFailure(error.code, body, error.headers));
  }
  if (error instanceof ApiRequestError) {
    if (networkError === undefined) return UNREACHABLE;
    return fail('network', `X cannot be reached (${explainNetwork(networkError)})`);
  }
  return error instanceof ApiPartialResponseError ? BROKEN_OFF : undefined;
}
