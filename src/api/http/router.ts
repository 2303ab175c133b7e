// Routes HTTP requests by their path; WebSockets are upgrades and go elsewhere.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { UserError } from '../../base/user-error.ts';
import { partsOf, type SourceState, type SourceStatus } from '../../source/source.ts';
import { bearerOf, challengeOf, IN_HEADER } from '../access/auth.ts';
import { isOwnHost } from '../access/origins.ts';
import type { Rejection } from '../access/rejection-answers.ts';
import { GRAPHQL_PATH } from '../graphql/yoga.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Shared } from '../shared.ts';
import { RETRY_AFTER, STOPPING } from '../socket/drain.ts';
import { TRACK_PATH } from '../track/track-socket.ts';
import { isRead, send, sendJson, sendNoSocket } from './answers.ts';
import type { Dashboard } from './dashboard.ts';
import { pathOf, targetOf } from './request-target.ts';
import { createSendQueues } from './send-queues.ts';
import { evictWhenStalled } from './stall-timeout.ts';

interface HttpOptions {
  /** Serves `/graphql`, with its own guard. */
  readonly graphql: RequestListener;
  /** Serves `/`. */
  readonly dashboard: Dashboard;
  readonly metrics: Metrics;
}

/** Answered until the end, even while everything else is rejected, for monitoring. */
const REPORTS: ReadonlySet<string> = new Set(['/health', '/ready', '/metrics']);

const NOT_OURS =
  'A page of another origin may have sent this; use an IP address, or name the host in --origins';

const NO_HOST = 'The Host header is missing, or not a valid host; send the host of the address';

export function createHttpHandler(
  shared: Shared,
  { graphql, dashboard, metrics }: HttpOptions,
): RequestListener {
  const { clock, slices, telemetry, multiplexer, auth, connectionLimits, isAllowed, isStopping } =
    shared;
  const queueOf = createSendQueues(clock);

  /** Whether no page of another origin can read the answer, not even one whose name a stranger pointed here. */
  function isPrivate({ headers }: IncomingMessage): boolean {
    return isAllowed(headers) && (auth.isRequired || isOwnHost(isAllowed, headers.host));
  }

  async function showMetrics(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isPrivate(request)) {
      const { origin, host } = request.headers;
      telemetry.rejected('origin', `/metrics for a page of ${origin ?? host ?? 'an unknown host'}`);
      return sendJson(response, 403, { error: NOT_OURS });
    }
    const pass = await auth.check(bearerOf(request.headers.authorization), IN_HEADER);
    if (pass instanceof UserError) {
      response.setHeader('www-authenticate', challengeOf(pass));
      sendJson(response, 401, { error: pass.message });
    } else if (isRead(request, response)) {
      send(response, 200, await metrics.page(), metrics.contentType);
    }
  }

  /** Answers `request` if it is rejected; false if it may be served. */
  function rejects(request: IncomingMessage, response: ServerResponse, path: string): boolean {
    const rejection = connectionLimits.admit(request, response);
    const isReport = REPORTS.has(path);
    if (rejection || isStopping()) response.setHeader('connection', 'close');
    // A full server is alive: it answers a report, and then closes the connection.
    if (rejection && !(isReport && rejection.status === 503)) {
      sendRejection(response, rejection);
    } else if (!mayBeHost(request)) {
      // What such a client sends next is no better.
      response.setHeader('connection', 'close');
      sendJson(response, 400, { error: NO_HOST });
    } else if (isStopping() && !isReport) {
      response.setHeader('retry-after', RETRY_AFTER);
      sendJson(response, 503, { error: STOPPING });
    } else {
      return false;
    }
    return true;
  }

  function showReadiness(request: IncomingMessage, response: ServerResponse): void {
    const { source } = multiplexer;
    const { problem } = multiplexer.cluster;
    const ready = !isStopping() && isReady(source.state);
    sendReport(request, response, ready ? 200 : 503, {
      ready,
      ...(isStopping() && { reason: 'stopping' }),
      // A probe may use any host name, and needs no details.
      ...(isOwnHost(isAllowed, request.headers.host) && {
        ...(problem !== undefined && { problem }),
        source: reportOf(source),
        ...(source.parts && { sources: partsOf(source).map(reportOf) }),
      }),
    });
  }

  const answer: RequestListener = (request, response) => {
    if (response.destroyed) return;
    // Yoga understands only one form.
    request.url = targetOf(request);
    const path = pathOf(request);
    if (rejects(request, response, path)) return;
    evictWhenStalled(response, clock, telemetry, queueOf);
    switch (path) {
      case GRAPHQL_PATH:
        return graphql(request, response);
      case TRACK_PATH:
        return sendNoSocket(response);
      case '/health':
        return sendReport(request, response, 200, { status: 'alive' });
      case '/ready':
        return showReadiness(request, response);
      case '/metrics':
        return void showMetrics(request, response);
      default:
        if (dashboard(path, request, response)) return;
        return sendJson(response, 404, { error: 'Nothing here; try / or /graphql' });
    }
  };

  return (request, response) => void slices.run(() => answer(request, response));
}

/** HTTP/1.0 needs no Host, and HAProxy's checks send none. */
function mayBeHost({ headers: { host }, httpVersion }: IncomingMessage): boolean {
  return host === undefined ? httpVersion === '1.0' : URL.canParse(`http://${host}`);
}

function reportOf({ name, state }: SourceStatus) {
  return { ...state, name, state: state.name };
}

/** An idle source is ready: it connects with the first listener. */
function isReady(state: SourceState): boolean {
  return state.name === 'idle' || state.name === 'live';
}

function sendReport(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  report: object,
): void {
  if (isRead(request, response)) sendJson(response, status, report);
}

/** In GraphQL's shape on every path, since most rejected clients expect it. */
function sendRejection(
  response: ServerResponse,
  { status, retryAfter, error: { message, code } }: Rejection,
): void {
  response.setHeader('retry-after', retryAfter);
  sendJson(response, status, { errors: [{ message, extensions: { code } }] });
}
