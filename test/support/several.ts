// A running Senti with several sources, all in the test's hand.

import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { startServer } from '../../src/server/server.ts';
import { mergeSources } from '../../src/source/merged.ts';
import { createHandSource, type HandSource } from './hand-source.ts';
import { configOf } from './senti.ts';

/** Starts a server that is closed when the test is over. `sources` are in the order of `names`. */
export async function startSeveral(
  names: readonly string[],
  config = configOf(),
  clock: Clock = systemClock,
) {
  const lines: string[] = [];
  const sources: HandSource[] = [];
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line).msg) });
  const server = await startServer(config, log, {
    clock,
    connect: (_config, sink, _clock, warn) =>
      mergeSources(
        names.map((name) => (part) => {
          const source = createHandSource(part, name);
          sources.push(source);
          return source;
        }),
        sink,
        { clock, warn },
      ),
  });
  onTestFinished(() => server.close());
  return { ...server, socketUrl: server.url.replace('http', 'ws'), sources, log: lines };
}
