// The server: puts the parts together. The only file that knows which implementations there are.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { chooseGraphQLProtocol, createGraphQLSocket } from './api/graphql/websocket.ts';
import { createGraphQL, GRAPHQL_PATH } from './api/graphql/yoga.ts';
import { createHttpHandler } from './api/http.ts';
import { createOriginCheck } from './api/origins.ts';
import { readPage } from './api/page.ts';
import { serveTrackSocket } from './api/track-socket.ts';
import { createUpgrade } from './api/upgrade.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Config } from './options.ts';
import { createAnalyzer } from './sentiment/analysis.ts';
import { vader } from './sentiment/vader/vader.ts';
import { createBluesky } from './source/bluesky/bluesky.ts';
import { createReplay } from './source/replay.ts';
import { createSample } from './source/sample.ts';
import type { Source, SourceSink } from './source/source.ts';
import { Multiplexer } from './stream/multiplexer.ts';

/** Where src/web/build.ts puts the dashboard. */
const BUILT_PAGE = new URL('../dist/web/', import.meta.url);

export interface RunningServer {
  /** Where it listens, such as `http://127.0.0.1:8000`. */
  readonly url: string;
  /** Ends everything: listeners are told, sockets closed, the source stopped. */
  close(): Promise<void>;
}

/** What a server is made of that is not a matter of configuration. */
export interface Surroundings {
  readonly clock: Clock;
  readonly connect: (config: Config, sink: SourceSink, clock: Clock) => Source;
}

/** Rejects when it cannot listen, as on a port in use. */
export async function startServer(
  config: Config,
  log: Logger,
  { clock, connect }: Surroundings = { clock: systemClock, connect: connectSource },
): Promise<RunningServer> {
  const analyze = createAnalyzer(config.profile, vader);
  const multiplexer = new Multiplexer({
    connect: (sink) => connect(config, sink, clock),
    analyze,
    languages: config.languages,
    onBad: (problem) => log.warn(`source: bad record: ${problem}`),
    onState: (state) => log.info({ state }, `source: ${state.name}`),
  });
  const isAllowed = createOriginCheck(config.origins, config.host);
  const yoga = createGraphQL({ multiplexer, analyze }, log, config.graphiql);
  const upgrade = createUpgrade({
    isAllowed,
    clock,
    onSocketError: (error) => log.debug(`socket: ${error.message}`),
    routes: [
      {
        path: GRAPHQL_PATH,
        chooseProtocol: chooseGraphQLProtocol,
        serve: createGraphQLSocket(yoga, log),
      },
      { path: '/track', serve: (socket) => serveTrackSocket(socket, multiplexer) },
    ],
  });
  const page = readPage(BUILT_PAGE);
  const http = createServer(
    createHttpHandler({ yoga, isAllowed, page, source: multiplexer.source }),
  );
  http.on('upgrade', upgrade.handle);
  const url = await listen(http, config);

  return {
    url,
    async close() {
      const stopped = new Promise<void>((resolve) => http.close(() => resolve()));
      await multiplexer.close();
      await upgrade.close();
      // Streams have been told by now; a client that keeps its connection is not waited for.
      http.closeAllConnections();
      await stopped;
      await yoga.dispose();
    },
  };
}

function connectSource(config: Config, sink: SourceSink, clock: Clock): Source {
  switch (config.source) {
    case 'sample':
      return createSample({ seed: clock.now() }, sink, clock);
    case 'bluesky':
      return createBluesky({ urls: config.blueskyUrls, random: Math.random }, sink, clock);
    case 'replay':
      return createReplay(config, sink, clock);
  }
}

function listen(http: Server, { host, port }: Config): Promise<string> {
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen(port, host, () => {
      http.off('error', reject);
      const at = http.address() as AddressInfo;
      resolve(`http://${at.family === 'IPv6' ? `[${at.address}]` : at.address}:${at.port}`);
    });
  });
}
