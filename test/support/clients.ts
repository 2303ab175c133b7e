// The clients that users have, reduced to what a test wants of them.

import { once } from 'node:events';
import type { FormattedExecutionResult } from 'graphql';
import { type Client, createClient } from 'graphql-ws';
import { onTestFinished } from 'vitest';
import WebSocket, { type ClientOptions } from 'ws';
import type { TypedDocumentString } from '../../schema/operations.ts';

/** A graphql-ws client; it connects with its first operation. */
export function connectGraphQL(socketUrl: string): Client {
  const client = createClient({
    url: `${socketUrl}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  onTestFinished(async () => {
    await client.dispose();
  });
  return client;
}

type Results<T> = AsyncIterableIterator<FormattedExecutionResult<T>>;

/** An operation over graphql-ws. */
export function run<T extends object, V extends object>(
  client: Client,
  document: TypedDocumentString<T, V>,
  variables: V,
): Results<T> {
  const payload = {
    query: document.toString(),
    variables: { ...variables } as Record<string, unknown>,
  };
  return client.iterate(payload) as Results<T>;
}

/** A query over HTTP. */
export async function post<T extends object, V extends object>(
  url: string,
  document: TypedDocumentString<T, V> | string,
  variables: V,
): Promise<FormattedExecutionResult<T>> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  return (await response.json()) as FormattedExecutionResult<T>;
}

export interface TrackMessage {
  readonly polarityIndex: number;
  readonly hashtags: Readonly<Record<string, number>>;
}

export interface TrackClient {
  readonly socket: WebSocket;
  readonly messages: TrackMessage[];
  send(message: unknown): void;
  /** Resolves when that many messages are there. */
  received(count: number): Promise<readonly TrackMessage[]>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

/** A plain WebSocket on /track. */
export async function connectTrack(
  socketUrl: string,
  options: ClientOptions = {},
  query = '',
): Promise<TrackClient> {
  const socket = new WebSocket(`${socketUrl}/track${query}`, options);
  onTestFinished(() => socket.terminate());
  const messages: TrackMessage[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  await once(socket, 'open');
  return {
    socket,
    messages,
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async received(count) {
      while (messages.length < count) await once(socket, 'message');
      return messages;
    },
  };
}
