// A stream of Server-Sent Events, for a test that decides when it reads.

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { onTestFinished } from 'vitest';

/** The response of a subscription, which reads nothing until it is told to. */
export async function openSse(url: string, query: string): Promise<IncomingMessage> {
  const send = url.startsWith('https:') ? secureRequest : request;
  const outgoing = send(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    agent: false,
  });
  onTestFinished(() => void outgoing.destroy());
  outgoing.on('error', () => {});
  outgoing.end(JSON.stringify({ query }));
  const [response] = await once(outgoing, 'response');
  response.on('error', () => {});
  return response;
}
