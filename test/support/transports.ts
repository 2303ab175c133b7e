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
}

/** The results of an operation, from a client of its own. */
export function runOver<T extends object, V extends object>(
  { url, socketUrl }: Pick<Senti, 'url' | 'socketUrl'>,
  stream: Stream,
  document: TypedDocumentString<T, V> | string,
  variables: V,
): AsyncIterableIterator<FormattedExecutionResult<T>> {
  const operation = {
    query: document.toString(),
    variables: { ...variables } as Record<string, unknown>,
  };
  const iterate = () => {
    if (stream === 'multipart') return runInParts(url, operation);
    if (stream === 'WebSocket') return connectGraphQL(socketUrl).iterate(operation);
    const client = createSseClient({ url: `${url}/graphql`, retryAttempts: 0 });
    onTestFinished(() => client.dispose());
    return client.iterate(operation);
  };
  return iterate() as AsyncIterableIterator<FormattedExecutionResult<T>>;
}

/** The first result, or the rejection as if it were one. */
export async function ask(
  { url, socketUrl }: Pick<Senti, 'url' | 'socketUrl'>,
  transport: Transport,
  question: Question,
): Promise<FormattedExecutionResult> {
  if (transport === 'POST') {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify(question),
    });
    return (await response.json()) as FormattedExecutionResult;
  }
  if (transport !== 'WebSocket') {
    const { query, variables = {} } = question;
    const { value } = await runOver({ url, socketUrl }, transport, query, variables).next();
    return value as FormattedExecutionResult;
  }
  const client = connectGraphQL(socketUrl);
  return new Promise((resolve, reject) => {
    client.subscribe(question, {
      next: (result) => resolve(result as FormattedExecutionResult),
      error: (errors) =>
        Array.isArray(errors) ? resolve({ errors } as FormattedExecutionResult) : reject(errors),
      complete() {},
    });
  });
}
