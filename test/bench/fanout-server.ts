// The serving half of the fan-out benchmark, in a process of its own: `senti`, `stock` or `bare`. `tls` serves
// the first and the last one over TLS.

import { mkdtempSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { useServer } from 'graphql-ws/use/ws';
import { createYoga } from 'graphql-yoga';
import { pino } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ApiContext } from '../../src/api/graphql/builder.ts';
import { schema } from '../../src/api/graphql/schema.ts';
import { TEXT_FRAMES } from '../../src/api/socket/text-frame.ts';
import { systemClock } from '../../src/base/clock.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import { startServer } from '../../src/server/server.ts';
import type { SourceSink } from '../../src/source/source.ts';
import { Ingest } from '../../src/stream/ingest.ts';
import { Multiplexer } from '../../src/stream/multiplexer.ts';
import { createCertificate, writeCertificate } from '../support/certificate.ts';
import { createHandSource, type HandSource } from '../support/hand-source.ts';
import { keeping } from '../support/keeping.ts';
import { configOf } from '../support/senti.ts';
import { recordTelemetry } from '../support/telemetry.ts';
import { streamTopics } from '../support/topic-stream.ts';

/** What the benchmark asks of this process. */
export type Request =
  /** The texts of some turns of the event loop. */
  | { readonly ask: 'publish'; readonly turns: readonly (readonly string[])[] }
  | { readonly ask: 'measure' };

interface Way {
  readonly url: string;
  publish(texts: readonly string[]): void;
}

const WAYS: Readonly<Record<string, (...options: readonly string[]) => Promise<Way>>> = {
  senti,
  stock,
  bare,
  floor,
};

const CERTIFICATE = process.argv.includes('tls') ? createCertificate('bench') : undefined;

/** The clients all come at once, and what they cost is what is asked. */
const BOUNDLESS = [
  ...['--max-attempts', 'none', '--max-sockets', 'none', '--max-tracks', 'none'],
  ...['--linger', '600'],
];

async function senti(...options: readonly string[]): Promise<Way> {
  let source: HandSource | undefined;
  const connect = (_config: unknown, sink: SourceSink) => {
    source = createHandSource(sink);
    return source;
  };
  const log = pino({ level: 'silent' });
  const { url } = await startServer(configOf(...BOUNDLESS, ...secured(), ...options), log, {
    clock: systemClock,
    connect,
  });
  return { url, publish: (texts) => sayAll(source, texts) };
}

/** The options for TLS, if it was asked for. */
function secured(): readonly string[] {
  if (CERTIFICATE === undefined) return [];
  const folder = mkdtempSync(join(tmpdir(), 'senti-bench-'));
  const { tlsCert, tlsKey } = writeCertificate(CERTIFICATE, folder);
  return ['--tls-cert', tlsCert, '--tls-key', tlsKey];
}

/** The recipe that graphql-yoga documents, on a stream that is bounded, so that it lives. */
async function stock(): Promise<Way> {
  let source: HandSource | undefined;
  const analyze = createAnalyzer('full', vader);
  const telemetry = recordTelemetry();
  const multiplexer = new Multiplexer(
    (feedSink) =>
      new Ingest(
        {
          connect: (sink) => {
            source = createHandSource(sink);
            return source;
          },
          analyze,
          languages: ['en'],
          postText: true,
          ...keeping(),
          telemetry,
        },
        feedSink,
      ),
    { telemetry },
  );
  const follow = streamTopics(multiplexer);
  const context = { multiplexer, analyze, follow } as unknown as ApiContext;
  const yoga = createYoga({ schema, context: () => context, logging: false });
  const http = createServer(yoga);
  const sockets = new WebSocketServer({ server: http, path: yoga.graphqlEndpoint });
  useServer(
    {
      execute: (args) => (args.rootValue as Operators).execute(args),
      subscribe: (args) => (args.rootValue as Operators).subscribe(args),
      onSubscribe: async (ctx, _id, params) => {
        const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
          ...ctx,
          params,
        });
        const args = {
          schema,
          operationName: params.operationName,
          document: parse(params.query),
          variableValues: params.variables,
          contextValue: await contextFactory(),
          rootValue: { execute, subscribe },
        };
        const errors = validate(args.schema, args.document);
        return errors.length > 0 ? errors : args;
      },
    },
    sockets,
  );
  return { url: await listen(http), publish: (texts) => sayAll(source, texts) };
}

type Operators = Pick<
  ReturnType<ReturnType<typeof createYoga>['getEnveloped']>,
  'execute' | 'subscribe'
>;

/** No GraphQL at all: a ready string to every socket that asked, as often as it asked. */
async function bare(): Promise<Way> {
  const http = CERTIFICATE === undefined ? createServer() : createSecureServer(CERTIFICATE);
  const sockets = new WebSocketServer({ server: http });
  const byTrack = new Map<string, WebSocket[]>();
  sockets.on('connection', (socket) => {
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      const track = message.track ?? message.payload?.variables?.track;
      if (track === undefined) return socket.send('{"type":"connection_ack"}');
      const others = byTrack.get(track);
      if (others) others.push(socket);
      else byTrack.set(track, [socket]);
    });
  });
  return {
    url: await listen(http),
    publish(texts) {
      for (const text of texts) {
        const message = ready(text);
        for (const word of text.split(' ')) {
          for (const socket of byTrack.get(word) ?? []) socket.send(message);
        }
      }
    },
  };
}

function ready(text: string): string {
  return (
    '{"id":"123e4567-e89b-42d3-a456-426614174000","type":"next","payload":{"data":{"sentiment":' +
    `{"polarityIndex":0,"hashtags":[{"tag":"bean","count":1}],"post":{"id":"${text.split('@').at(-1)}"}}}}}`
  );
}

/** What no way can do without: one write to the connection for each message, of a frame that is ready. */
async function floor(): Promise<Way> {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http });
  const connections: Duplex[] = [];
  sockets.on('connection', (socket, request) => {
    connections.push(request.socket);
    socket.on('message', () => socket.send('{"type":"connection_ack"}'));
  });
  return {
    url: await listen(http),
    publish(texts) {
      for (const text of texts) {
        const frame = frameOf(ready(text));
        for (const connection of connections) connection.write(frame);
      }
    },
  };
}

function frameOf(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const frame = Buffer.alloc(TEXT_FRAMES.headerLength(length) + length);
  frame.write(text, TEXT_FRAMES.writeHeader(frame, 0, length));
  return frame;
}

/** A post's id is what stands behind `@` in its text. */
function sayAll(source: HandSource | undefined, texts: readonly string[]): void {
  for (const text of texts) source?.say(text, { id: text.split('@').at(-1) ?? text });
}

function listen(http: Server): Promise<string> {
  return new Promise((resolve) => {
    http.listen(0, '127.0.0.1', () =>
      resolve(
        `${CERTIFICATE === undefined ? 'http' : 'https'}://127.0.0.1:${(http.address() as AddressInfo).port}`,
      ),
    );
  });
}

const [name = '', ...options] = process.argv.slice(2).filter((word) => word !== 'tls');
const start = WAYS[name];
if (!start) throw new Error(`usage: fanout-server.ts ${Object.keys(WAYS).join(' | ')} [OPTION …]`);
const way = await start(...options);

function publish([turn, ...later]: readonly (readonly string[])[]): void {
  if (turn === undefined) return;
  way.publish(turn);
  setImmediate(publish, later);
}

/** Microseconds of CPU that measuring has taken, such as collecting all garbage. */
let measuring = 0;

function cpuSoFar(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

process.on('message', async (request: Request) => {
  if (request.ask === 'publish') publish(request.turns);
  if (request.ask !== 'measure') return;
  const cpu = cpuSoFar() - measuring;
  // What setting up left behind is not what a subscriber takes; the second time frees its pages.
  globalThis.gc?.();
  await delay(500);
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  measuring = cpuSoFar() - cpu;
  process.send?.({ cpu, rss, heapUsed });
});
process.send?.({ url: way.url });
