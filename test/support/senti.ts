// A running Senti for a test: the real server on a free port, its posts in the test's hand.

import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import type { Config } from '../../src/config/options.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { type RunningServer, startServer } from '../../src/server/server.ts';
import { createHandSource, type HandSource } from './hand-source.ts';

/** The configuration of a command line, which has to be right. Without `--linger`, a track closes at once. */
export function configOf(...argv: readonly string[]): Config {
  const parsed = parseConfig(argv, { PORT: '0', LINGER: '0' });
  if (!('config' in parsed)) throw new Error(JSON.stringify(parsed));
  return parsed.config;
}

export interface Senti extends RunningServer {
  /** The same address for WebSockets. */
  readonly socketUrl: string;
  readonly source: HandSource;
  /** All lines logged, at the level of its configuration. */
  readonly log: readonly string[];
  /** Those at `warn` and above. */
  readonly warnings: readonly string[];
}

/** As pino numbers its levels. */
const WARN = 40;

/** Starts a server that is closed when the test is over. */
export async function startSenti(
  config = configOf(),
  clock: Clock = systemClock,
  adapt: (source: HandSource) => HandSource = (source) => source,
  random = Math.random,
): Promise<Senti> {
  const lines: string[] = [];
  const log = pino({ level: config.logLevel }, { write: (line) => void lines.push(line) });
  let source: HandSource | undefined;
  const connect = (_config: Config, sink: Parameters<typeof createHandSource>[0]) => {
    source = adapt(createHandSource(sink));
    return source;
  };
  const server = await startServer(config, log, { clock, random, connect });
  if (!source) throw new Error('no source was connected');
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= server.close();
    return closing;
  };
  onTestFinished(close);
  return {
    ...server,
    socketUrl: server.url.replace('http', 'ws'),
    close,
    source,
    log: lines,
    get warnings() {
      return lines.filter((line) => JSON.parse(line).level >= WARN);
    },
  };
}

/** Starts the server as `npm start -- …argv` would, with its own source. */
export async function startReal(...argv: readonly string[]): Promise<RunningServer> {
  const server = await startServer(configOf(...argv), pino({ level: 'silent' }));
  onTestFinished(() => server.close());
  return server;
}
