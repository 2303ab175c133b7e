// Guards GraphQL over HTTP: rejects what a page of another origin could send in its user's name (CORS, CSRF), and
// requests without a valid token where one is required.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { UserError } from '../../base/user-error.ts';
import { bearerOf, challengeOf, IN_HEADER } from '../access/auth.ts';
import { isOwnHost, nameOrigin, ORIGIN_NOT_ALLOWED, type OriginCheck } from '../access/origins.ts';
import type { Shared } from '../shared.ts';
import { JSON_TYPE, RESPONSE_TYPE } from './accept.ts';
import type { GraphQLHandler } from './yoga.ts';

/** `graphiql` is open to all browsers, since the page does nothing by itself. */
export function createHttpGuard(
  { isAllowed, auth, connectionLimits, telemetry }: Shared,
  graphql: GraphQLHandler,
  graphiql: RequestListener | undefined,
): RequestListener {
  return async (request, response) => {
    const { method, headers } = request;
    const { origin, accept = '' } = headers;
    response.setHeader('vary', 'Origin');
    if (!isAllowed(headers)) {
      telemetry.rejected('origin', nameOrigin(origin));
      return reject(request, response, 403, NOT_ALLOWED);
    }
    if (origin !== undefined) response.setHeader('access-control-allow-origin', origin);
    if (method === 'OPTIONS') return answerPreflight(request, response);
    if (graphiql && method === 'GET' && accept.includes('text/html')) {
      return graphiql(request, response);
    }
    if (method === 'POST' && !isJson(request)) {
      const sent = headers['content-type'] ?? 'none';
      telemetry.rejected('forged', 'a POST that is not JSON');
      const message = `POST takes JSON; send the header "Content-Type: ${JSON_TYPE}". It was ${sent}.`;
      return reject(request, response, 415, { code: 'BAD_REQUEST', message });
    }
    const encoding = headers['content-encoding'] || 'identity';
    if (method === 'POST' && encoding.toLowerCase() !== 'identity') {
      const message = `The body is compressed (${encoding}); send it as it is, without Content-Encoding.`;
      return reject(request, response, 415, { code: 'BAD_REQUEST', message });
    }
    if (method === 'GET' && mayBeForged(request, isAllowed, auth.isRequired)) {
      telemetry.rejected('forged', 'a GET that another page may have sent');
      return reject(request, response, 403, FORGED);
    }
    const pass = await auth.check(bearerOf(headers.authorization), IN_HEADER);
    if (pass instanceof UserError) {
      response.setHeader('www-authenticate', challengeOf(pass));
      return reject(request, response, 401, pass);
    }
    const work = connectionLimits.workOf(request);
    const overdrawn = work.overdrawn();
    if (overdrawn) {
      response.setHeader('retry-after', overdrawn.retryAfter);
      return reject(request, response, overdrawn.status, overdrawn.error);
    }
    await graphql.handle(request, response, { pass, work });
    if (response.statusCode === 413) telemetry.rejected('size', 'a body');
  };
}

const NOT_ALLOWED = { code: 'FORBIDDEN', message: ORIGIN_NOT_ALLOWED };
const FORGED = {
  code: 'FORBIDDEN',
  message:
    'A page of another origin may have sent this without asking. From a page use POST; from elsewhere ' +
    `send the header Content-Type: ${JSON_TYPE}, to a host that the server knows as its own (--origins).`,
};

/**
 * Whether another page may have had its user's browser send this GET, as an image or a script. Such a request has no
 * Origin to check. Browsers mark it with Sec-Fetch-Site (Fetch Metadata), but not over plain HTTP to another machine.
 * There the page may even be loaded under a name that a stranger pointed at this server (DNS rebinding). Without a
 * required token, only the Host reveals that, since such a page chooses all other headers.
 */
function mayBeForged(
  request: IncomingMessage,
  isAllowed: OriginCheck,
  needsToken: boolean,
): boolean {
  const { origin, host, 'sec-fetch-site': site, 'user-agent': agent = '' } = request.headers;
  // The guard has checked it.
  if (origin !== undefined) return false;
  // A page needs a preflight to send this type to another origin (Fetch, "CORS-safelisted").
  const isPreflighted = isJson(request);
  if (site !== undefined) return !isPreflighted && site !== 'same-origin' && site !== 'none';
  if (!needsToken && !isOwnHost(isAllowed, host)) return true;
  return agent.startsWith('Mozilla/') && !isPreflighted;
}

/** By the type alone: `text/plain; a=application/json` is text. */
function isJson({ headers }: IncomingMessage): boolean {
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1);
  return type.trim().toLowerCase() === JSON_TYPE;
}

/** Says what the origin may do (Fetch, section 3.2). No credentials, since the server uses no cookies. */
function answerPreflight({ headers }: IncomingMessage, response: ServerResponse): void {
  const asked = headers['access-control-request-headers'];
  response.setHeader('vary', 'Origin, Access-Control-Request-Headers');
  response.setHeader('access-control-allow-methods', 'GET, POST');
  if (asked !== undefined) response.setHeader('access-control-allow-headers', asked);
  response.writeHead(204, { allow: 'GET, POST, OPTIONS', 'content-length': 0 }).end();
}

/** Answers as GraphQL over HTTP does, in the one of its two types that the client prefers. */
function reject(
  { headers }: IncomingMessage,
  response: ServerResponse,
  status: number,
  {
    code,
    message,
    retryAfter,
  }: { readonly code: string; readonly message: string; readonly retryAfter?: number | undefined },
): void {
  const type = headers.accept?.includes(RESPONSE_TYPE) ? RESPONSE_TYPE : JSON_TYPE;
  const body = JSON.stringify({ errors: [{ message, extensions: { code, retryAfter } }] });
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(body);
}
