// Whole answers of HTTP, most of them JSON.

import type { IncomingMessage, ServerResponse } from 'node:http';

/** Whether the request only reads; answers it with 405 if not. */
export function isRead({ method }: IncomingMessage, response: ServerResponse): boolean {
  if (method === 'GET' || method === 'HEAD') return true;
  response.setHeader('allow', 'GET, HEAD');
  sendJson(response, 405, { error: `${method} is not allowed here; use GET, or POST on /graphql` });
  return false;
}

/** Answers a request without an upgrade where only a WebSocket is served (RFC 9110, section 15.5.22). */
export function sendNoSocket(response: ServerResponse): void {
  // By itself, it would keep a connection open that the client wants closed.
  response.setHeader('connection', response.shouldKeepAlive ? 'upgrade' : 'upgrade, close');
  response.setHeader('upgrade', 'websocket');
  sendJson(response, 426, {
    error: 'Open this address as a WebSocket, and send {"track": "coffee"}',
  });
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  send(response, status, `${JSON.stringify(body)}\n`, 'application/json; charset=utf-8');
}

export function send(response: ServerResponse, status: number, text: string, type: string): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(text);
}
