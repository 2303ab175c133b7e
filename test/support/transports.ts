// One question over each of GraphQL's transports, for what has to hold on all of them.

import type { FormattedExecutionResult } from 'graphql';
import { createClient as createSseClient } from 'graphql-sse';
import { onTestFinished } from 'vitest';
import type { TypedDocumentString } from '../../schema/operations.ts';
import { connectGraphQL } from './clients.ts';
import { runInParts } from './multipart.ts';
import type { Senti } from './senti.ts';

/** Those that a subscription goes over. */
export const STREAMS = ['WebSocket', 'SSE', 'multipart'] as const;
export type Stream = (typeof STREAMS)[number];
export const TRANSPORTS = ['POST', ...STREAMS] as const;
export type Transport = (typeof TRANSPORTS)[number];

export interface Question {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
  readonly extensions?: Record<string, unknown>;
}

type Addresses = Pick<Senti, 'url' | 'socketUrl'>;

/** The results of an operation, from a client of its own. */
export function runOver<T extends object, V extends object>(
  addresses: Addresses,
  stream: Stream,
  document: TypedDocumentString<T, V> | string,
  variables: V,
): AsyncIterableIterator<FormattedExecutionResult<T>> {
  const results = iterate(addresses, stream, {
    query: document.toString(),
    variables: { ...variables } as Record<string, unknown>,
  });
  return results as AsyncIterableIterator<FormattedExecutionResult<T>>;
}

function iterate({ url, socketUrl }: Addresses, stream: Stream, question: Question) {
  if (stream === 'multipart') return runInParts(url, question);
  if (stream === 'WebSocket') return connectGraphQL(socketUrl).iterate(question);
  const client = createSseClient({ url: `${url}/graphql`, retryAttempts: 0 });
  onTestFinished(() => client.dispose());
  return client.iterate(question);
}

/** The first result, or the rejection as if it were one. */
export async function ask(
  addresses: Addresses,
  transport: Transport,
  question: Question,
): Promise<FormattedExecutionResult> {
  if (transport === 'POST') {
    const response = await fetch(`${addresses.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(question),
    });
    return (await response.json()) as FormattedExecutionResult;
  }
  if (transport !== 'WebSocket') {
    const { value } = await iterate(addresses, transport, question).next();
    return value as FormattedExecutionResult;
  }
  const client = connectGraphQL(addresses.socketUrl);
  return new Promise((resolve, reject) => {
    client.subscribe(question, {
      next: (result) => resolve(result as FormattedExecutionResult),
      error: (errors) =>
        Array.isArray(errors) ? resolve({ errors } as FormattedExecutionResult) : reject(errors),
      complete() {},
    });
  });
}
