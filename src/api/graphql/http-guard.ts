// The door of GraphQL over HTTP: what another page could send behind its visitor's back does not get in
// (CORS, CSRF), and neither does who has no token where one is asked for.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { UserError } from '../../base/user-error.ts';
import type { Telemetry } from '../../stream/telemetry.ts';
import { type Auth, bearerOf, challengeOf, IN_HEADER } from '../access/auth.ts';
import type { ConnectionLimits } from '../access/connection-limits.ts';
import { isOwnHost, type OriginCheck } from '../access/origins.ts';
import type { Yoga } from './yoga.ts';

export interface HttpGuardOptions {
  readonly yoga: Yoga;
  readonly isAllowed: OriginCheck;
  readonly auth: Auth;
  readonly connectionLimits: Pick<ConnectionLimits, 'workOf'>;
  /** GraphiQL, for a browser that asks: a page that is open to all, and does nothing by itself. */
  readonly graphiql: RequestListener | undefined;
  readonly telemetry: Telemetry;
}

const JSON_TYPE = 'application/json';
const RESPONSE_TYPE = 'application/graphql-response+json';

export function createHttpGuard(options: HttpGuardOptions): RequestListener {
  return (request, response) => void enter(options, request, response);
}

async function enter(
  { yoga, isAllowed, auth, connectionLimits, graphiql, telemetry }: HttpGuardOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method, headers } = request;
  const { origin, host, accept = '' } = headers;
  response.setHeader('vary', 'Origin');
  if (!isAllowed({ origin, host })) {
    telemetry.rejected('origin', String(origin));
    return refuse(request, response, 403, 'FORBIDDEN', 'This Origin is not allowed.');
  }
  if (origin !== undefined) response.setHeader('access-control-allow-origin', origin);
  if (method === 'OPTIONS') return answerPreflight(request, response);
  if (graphiql && method === 'GET' && accept.includes('text/html')) {
    return graphiql(request, response);
  }
  if (method === 'POST' && !isJson(request)) {
    const sent = headers['content-type'] ?? 'none';
    telemetry.rejected('forged', 'a POST that is not JSON');
    const message = `POST takes the Content-Type ${JSON_TYPE}; it was ${sent}.`;
    return refuse(request, response, 415, 'BAD_REQUEST', message);
  }
  if (method === 'GET' && mayBeForged(request, isAllowed, auth.isRequired)) {
    telemetry.rejected('forged', 'a GET that a page may have had sent');
    return refuse(request, response, 403, 'FORBIDDEN', FORGED);
  }
  const pass = await auth.check(bearerOf(headers.authorization), IN_HEADER);
  if (pass instanceof UserError) {
    response.setHeader('www-authenticate', challengeOf(pass));
    return refuse(request, response, 401, pass.code, pass.message);
  }
  const work = connectionLimits.workOf(request, false);
  const overdrawn = work.overdrawn();
  if (overdrawn) {
    response.setHeader('retry-after', overdrawn.retryAfter);
    return refuse(request, response, 429, overdrawn.error.code, overdrawn.error.message);
  }
  await yoga(request, response, { pass, work, accept: headers.accept, connection: response });
  if (response.statusCode === 413) telemetry.rejected('size', 'a body');
}

const FORGED =
  'A page of another origin may have sent this without asking. From a page use POST; from elsewhere ' +
  `send the header Content-Type: ${JSON_TYPE}, to a host that the server knows as its own (--origins).`;

/**
 * Whether any page can have had a visitor's browser send this GET, as an image or a script: then there is
 * no Origin to check. Browsers tell such requests by Sec-Fetch-Site (Fetch Metadata), but not over plain
 * HTTP to another machine. There the page may even be ours by name only (DNS rebinding): without a token
 * to ask for, only the Host tells, since such a page chooses all other headers.
 */
function mayBeForged(
  request: IncomingMessage,
  isAllowed: OriginCheck,
  asksToken: boolean,
): boolean {
  const { origin, host, 'sec-fetch-site': site, 'user-agent': agent = '' } = request.headers;
  // It has been checked.
  if (origin !== undefined) return false;
  // No page can send this type to another origin without asking (Fetch, "CORS-safelisted").
  const hasAsked = isJson(request);
  if (site !== undefined) return !hasAsked && site !== 'same-origin' && site !== 'none';
  if (!asksToken && !isOwnHost(isAllowed, host)) return true;
  return agent.startsWith('Mozilla/') && !hasAsked;
}

/** By the type alone: `text/plain; a=application/json` is text. */
function isJson({ headers }: IncomingMessage): boolean {
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1);
  return type.trim().toLowerCase() === JSON_TYPE;
}

/** Fetch, section 3.2: what the origin may do. No credentials are asked for, as no cookie means anything here. */
function answerPreflight({ headers }: IncomingMessage, response: ServerResponse): void {
  const asked = headers['access-control-request-headers'];
  response.setHeader('vary', 'Origin, Access-Control-Request-Headers');
  response.setHeader('access-control-allow-methods', 'GET, POST');
  if (asked !== undefined) response.setHeader('access-control-allow-headers', asked);
  response.writeHead(204, { allow: 'GET, POST, OPTIONS', 'content-length': 0 }).end();
}

/** Answers as GraphQL over HTTP does, in the type that the client prefers of the two. */
function refuse(
  { headers }: IncomingMessage,
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
): void {
  const type = headers.accept?.includes(RESPONSE_TYPE) ? RESPONSE_TYPE : JSON_TYPE;
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] });
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(body);
}
