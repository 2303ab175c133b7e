// The server: puts the parts together.

import type { Logger } from 'pino';
import { createAuth, type JwtCheck } from '../api/access/auth.ts';
import { ConnectionLimits } from '../api/access/connection-limits.ts';
import { createJwtCheck } from '../api/access/jwt.ts';
import { createOriginCheck } from '../api/access/origins.ts';
import { EVENT_STREAM, MULTIPART } from '../api/graphql/accept.ts';
import { createGraphiQL } from '../api/graphql/graphiql.ts';
import { createGraphQLSocket } from '../api/graphql/graphql-socket.ts';
import { createHttpGuard } from '../api/graphql/http-guard.ts';
import { createHttpStreams } from '../api/graphql/http-streams.ts';
import { createOperations } from '../api/graphql/operations.ts';
import { createGraphQLHandler, GRAPHQL_PATH } from '../api/graphql/yoga.ts';
import { answerClientError } from '../api/http/client-error.ts';
import { readDashboard } from '../api/http/dashboard.ts';
import { createPipelines } from '../api/http/pipeline.ts';
import { createHttpHandler } from '../api/http/router.ts';
import { createMetrics } from '../api/metrics/metrics.ts';
import { createTelemetry } from '../api/metrics/server-telemetry.ts';
import { createFlushScheduler } from '../api/socket/flush-scheduler.ts';
import type { Outbox } from '../api/socket/outbox.ts';
import { createUpgrade } from '../api/socket/upgrade.ts';
import { WriteBuffer } from '../api/socket/write-buffer.ts';
import { createTrackSocket, TRACK_PATH } from '../api/track/track-socket.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { TimeSlices } from '../base/time-slices.ts';
import { isLoopback } from '../base/web-address.ts';
import type { Config } from '../config/options.ts';
import { LiveWindows } from '../history/live-windows.ts';
import { createPast } from '../history/past.ts';
import { createAnalyzer, createExplainer } from '../sentiment/analysis.ts';
import { vader, vaderWords } from '../sentiment/vader/vader.ts';
import type { SourceState } from '../source/source.ts';
import { Multiplexer } from '../stream/multiplexer.ts';
import type { BoundedLog } from '../stream/telemetry.ts';
import { createEstimates } from './estimates.ts';
import { followTracks } from './followed-tracks.ts';
import { listen } from './listen.ts';
import { createFeed } from './node-feed.ts';
import { shutDown } from './shutdown.ts';
import { type ConnectSource, connectSource, createAllowance } from './sources.ts';
import { createHttpServer } from './tls.ts';

/** How often Node.js looks for requests that take too long to arrive, in milliseconds. */
const CHECK_EVERY = 1000;
/** Where src/web/build.ts puts the dashboard. */
const BUILT_DASHBOARD = new URL('../../dist/web/', import.meta.url);

export interface RunningServer {
  /** An address that this machine can open, such as `http://127.0.0.1:8000`. */
  readonly url: string;
  /** The same for the port of this process alone. Undefined without one. */
  readonly ownUrl: string | undefined;
  /** Reads the files for TLS again. */
  reload(): void;
  /**
   * Stops within ten seconds. Rejects new clients, closes the others in batches, and stops the source. A client that
   * keeps up gets every event until its connection closes.
   */
  close(): Promise<void>;
}

/** What a server needs besides its configuration. */
interface Surroundings {
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly connect: ConnectSource;
  /** How many lines of the log were dropped since the start. */
  readonly logDropped: () => number;
}

/** Rejects when it cannot listen, for example because the port is in use. */
export async function startServer(
  config: Config,
  log: Logger,
  {
    clock = systemClock,
    random = Math.random,
    connect = connectSource,
    logDropped = () => 0,
  }: Partial<Surroundings> = {},
): Promise<RunningServer> {
  const telemetry = createTelemetry(log, clock, config.sources);
  const connectionLimits = new ConnectionLimits(config, clock, telemetry);
  const analyze = createAnalyzer(config.profile, vader);
  const flushes = createFlushScheduler(clock, telemetry, config.maxWriteDelay);
  const behind = new Set<Outbox>();
  const kept = createPast(config, clock, telemetry);
  const { warn } = telemetry.log('source');
  const allowance = createAllowance(config, clock, warn);
  const connectFeed = await createFeed({
    config,
    connect(sink) {
      const watched = {
        ...sink,
        post: flushes.timed(sink.post),
        isBehind: () => behind.values().some(({ isNearlyFull }) => isNearlyFull),
        state(state: SourceState, part?: string) {
          kept.source(source);
          sink.state(state, part);
        },
      };
      const source = connect(config, watched, clock, warn, allowance);
      return source;
    },
    analyze,
    telemetry,
    listeners: () => multiplexer.listeners,
    past: kept.past,
    shared: kept.shared,
    onLedger: (ledger) => allowance?.shareBy(ledger),
    clock,
  });
  const multiplexer = new Multiplexer(
    // On a gateway the event is the first sign of the post.
    (sink) => connectFeed({ ...sink, event: flushes.timed(sink.event) }),
    { maxTracks: config.maxTracks, telemetry },
  );
  const { maxTracks: maxWindows } = config;
  const windows = new LiveWindows({
    multiplexer,
    lookBack: kept.lookBackOfWindows,
    clock,
    maxWindows,
    telemetry,
  });
  const isAllowed = createOriginCheck(config.origins, config.host);
  const auth = createAuth({
    tokens: config.authTokens,
    checkJwt: readJwts(config, telemetry.log('keys'), clock),
    clock,
    telemetry,
  });
  let stopping = false;
  const shared = {
    clock,
    slices: new TimeSlices(clock),
    telemetry,
    multiplexer,
    windows,
    auth,
    connectionLimits,
    isAllowed,
    isStopping: () => stopping,
    limits: config,
  };
  const { flushSoon } = flushes;
  const { deletions } = multiplexer;
  const writeBuffer = new WriteBuffer();
  const outboxes = { clock, telemetry, flushSoon, deletions, behind, writeBuffer };
  const explain = createExplainer(config.profile, vaderWords);
  const estimates = createEstimates(config, allowance, multiplexer, clock);
  const answers = { analyze, explain, estimate: estimates.estimate };
  const operations = createOperations(shared, answers, kept.lookBack);
  const streams = createHttpStreams(operations.feeding, outboxes);
  const graphql = createGraphQLHandler(shared, operations, streams);
  const upgrade = createUpgrade(shared, outboxes, [
    createGraphQLSocket(shared, operations),
    createTrackSocket(shared),
  ]);
  const metrics = createMetrics(telemetry.registry, clock, {
    multiplexer,
    sockets: () => ({
      graphql: upgrade.count(GRAPHQL_PATH),
      sse: streams.count(EVENT_STREAM),
      multipart: streams.count(MULTIPART),
      track: upgrade.count(TRACK_PATH),
    }),
    history: () => kept.state,
    recentBytes: () => kept.recentBytes,
    logDropped,
    expires: () => server.expires,
  });
  const pipelines = createPipelines(clock, telemetry, config.maxMessageBytes);
  const graphiql =
    config.graphiql && !config.documents ? createGraphiQL(auth.isRequired) : undefined;
  const serve = createHttpHandler(shared, {
    graphql: createHttpGuard(shared, graphql, graphiql),
    dashboard: await readDashboard(BUILT_DASHBOARD),
    metrics,
  });
  const handle = pipelines.inOrder(serve);
  const serverOptions = {
    requestTimeout: config.requestTimeout * 1000,
    connectionsCheckingInterval: CHECK_EVERY,
    // The router says why it rejects a request without a Host.
    requireHostHeader: false,
  };
  const server = createHttpServer(config, serverOptions, handle, log, clock);
  const { http } = server;
  http.on('upgrade', pipelines.alone(upgrade.handle));
  http.on('clientError', answerClientError(telemetry));
  // Handle unknown Expect headers as ordinary requests, so that they cannot bypass the limits.
  http.on('checkExpectation', handle);
  http.on('connection', (socket) => connectionLimits.connected(socket));
  const { url, ownUrl } = await listen(http, config);
  // The system may have no memory or file descriptor left for a connection.
  http.on('error', ({ message }) =>
    telemetry.log('connection').warn(`a connection failed: ${message}`),
  );
  if (!auth.isRequired && !isLoopback(config.host)) {
    log.warn(
      'every client that reaches this address can listen. To require a token, set AUTH_TOKENS or --auth-jwks.',
    );
  }

  const stopFollowing = followTracks(config.follow, multiplexer, clock, telemetry.log('source'));

  return {
    url,
    ownUrl,
    reload: server.reload,
    async close() {
      stopping = true;
      stopFollowing();
      await shutDown({
        http,
        isPortShared: config.reusePort,
        drains: [...upgrade.drains(), ...streams.drains()],
        multiplexer,
        graphql,
        past: kept,
        clock,
        random,
      });
      connectionLimits.destroyAll();
      estimates.close();
      allowance?.close();
      metrics.close();
      telemetry.close();
    },
  };
}

function readJwts(config: Config, log: BoundedLog, clock: Clock): JwtCheck | undefined {
  if (config.authJwks === '') return undefined;
  return createJwtCheck({
    keys: config.authJwks,
    issuer: config.authIssuer,
    audience: config.authAudience,
    clock,
    log,
  });
}
