// The serving half of the fan-out benchmark, in a process of its own: `senti`, `stock` or one of fanout-ready.ts. `tls`
// serves all but the stock one and the floor over TLS.

import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { useServer } from 'graphql-ws/use/ws';
import { createYoga } from 'graphql-yoga';
import { pino } from 'pino';
import { WebSocketServer } from 'ws';
import type { ApiContext } from '../../src/api/graphql/builder.ts';
import { schema } from '../../src/api/graphql/schema.ts';
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
import { createReadyWays, listen, type Way } from './fanout-ready.ts';

/** What the benchmark asks of this process. */
export type Request =
  /** The texts of some turns of the event loop. */
  | { readonly ask: 'publish'; readonly turns: readonly (readonly string[])[] }
  | { readonly ask: 'measure' };

const CERTIFICATE = process.argv.includes('tls') ? createCertificate('bench') : undefined;

const WAYS: Readonly<Record<string, (...options: readonly string[]) => Promise<Way>>> = {
  senti,
  stock,
  ...createReadyWays(CERTIFICATE),
};

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

/** A post's id is what stands behind `@` in its text. */
function sayAll(source: HandSource | undefined, texts: readonly string[]): void {
  for (const text of texts) source?.say(text, { id: text.split('@').at(-1) ?? text });
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
