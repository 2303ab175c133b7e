// One question over each of GraphQL's transports, for what has to hold on all of them.

import type { FormattedExecutionResult } from 'graphql';
import { createClient as createSseClient } from 'graphql-sse';
import { onTestFinished } from 'vitest';
import { connectGraphQL } from './clients.ts';
import type { Senti } from './senti.ts';

export const TRANSPORTS = ['POST', 'SSE', 'WebSocket'] as const;
export type Transport = (typeof TRANSPORTS)[number];

export interface Question {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
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
  if (transport === 'SSE') {
    const client = createSseClient({ url: `${url}/graphql`, retryAttempts: 0 });
    onTestFinished(() => client.dispose());
    const { value } = await client.iterate(question).next();
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
