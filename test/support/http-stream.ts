// A subscription over HTTP, for a test that decides when it reads.

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { onTestFinished } from 'vitest';
import { ACCEPT_PARTS } from './multipart.ts';

export const HTTP_STREAMS = ['SSE', 'multipart'] as const;
export type HttpStream = (typeof HTTP_STREAMS)[number];

export const ACCEPTS: Readonly<Record<HttpStream, string>> = {
  SSE: 'text/event-stream',
  multipart: ACCEPT_PARTS,
};

/** The response of a subscription, which reads nothing until it is told to. */
export async function openStream(
  url: string,
  query: string,
  stream: HttpStream = 'SSE',
): Promise<IncomingMessage> {
  const send = url.startsWith('https:') ? secureRequest : request;
  const outgoing = send(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: ACCEPTS[stream] },
    agent: false,
  });
  onTestFinished(() => void outgoing.destroy());
  outgoing.on('error', () => {});
  outgoing.end(JSON.stringify({ query }));
  const [response] = await once(outgoing, 'response');
  response.on('error', () => {});
  return response;
}
