// A client of Apollo's multipart subscriptions that is strict about every byte.

import type { FormattedExecutionResult } from 'graphql';
import { expect } from 'vitest';

/** What Apollo Client 4 sends. */
export const ACCEPT_PARTS =
  'multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/graphql-response+json,application/json;q=0.9';
export const PARTS_TYPE = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0';
const DELIMITER = '\r\n--graphql';
const HEADER = '\r\ncontent-type: application/json\r\n\r\n';

/** The body of every part, heartbeats among them. Fails where the stream ends before its closing delimiter. */
export async function* readParts(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = '';
  let hasBegun = false;
  for await (const chunk of chunks) {
    text += decoder.decode(chunk, { stream: true });
    for (let at = text.indexOf(DELIMITER); at !== -1; at = text.indexOf(DELIMITER)) {
      const part = text.slice(0, at);
      text = text.slice(at + DELIMITER.length);
      if (hasBegun) yield bodyOf(part);
      else expect(part).toBe('');
      hasBegun = true;
    }
  }
  expect([hasBegun, text]).toEqual([true, '--\r\n']);
}

function bodyOf(part: string): string {
  expect(part.slice(0, HEADER.length)).toBe(HEADER);
  return part.slice(HEADER.length);
}

/** The results of an operation. An error of the transport is one as well, without data. */
export function runInParts(
  url: string,
  operation: object,
): AsyncIterableIterator<FormattedExecutionResult> {
  const abort = new AbortController();
  const results = ask(url, operation, abort.signal);
  return {
    next: () => results.next(),
    return() {
      abort.abort();
      return results.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* ask(
  url: string,
  operation: object,
  signal: AbortSignal,
): AsyncGenerator<FormattedExecutionResult, undefined> {
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: ACCEPT_PARTS },
      body: JSON.stringify(operation),
      signal,
    });
    const type = response.headers.get('content-type');
    if (type?.includes('json')) return yield (await response.json()) as FormattedExecutionResult;
    expect([response.status, type]).toEqual([200, PARTS_TYPE]);
    for await (const json of readParts(response.body as ReadableStream<Uint8Array>)) {
      const result = resultOf(JSON.parse(json));
      if (result !== undefined) yield result;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

interface Part {
  readonly payload?: FormattedExecutionResult | null;
  readonly errors?: FormattedExecutionResult['errors'];
}

function resultOf(part: Part): FormattedExecutionResult | undefined {
  const keys = Object.keys(part);
  if (keys.length === 0) return undefined;
  if (part.payload) expect(keys).toEqual(['payload']);
  else expect(part).toEqual({ payload: null, errors: [expect.anything()] });
  return part.payload ?? (part as FormattedExecutionResult);
}
