// One node of the cluster benchmark, in a process of its own: topics and counting listeners, no sockets.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { systemClock } from '../../src/base/clock.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import { createFeed } from '../../src/server/node-feed.ts';
import { Multiplexer } from '../../src/stream/multiplexer.ts';
import { createHandSource, type HandSource } from '../support/hand-source.ts';
import { createPast, NOT_SHARED } from '../support/keeping.ts';
import { configOf } from '../support/senti.ts';
import { recordTelemetry } from '../support/telemetry.ts';
import { track } from '../support/tracks.ts';

export type Request =
  | { readonly ask: 'listen'; readonly tracks: readonly string[] }
  /** Each text `times` times, at once; a post's id says when it was said. */
  | { readonly ask: 'say'; readonly text: string; readonly times: number }
  /** A text again and again, once the source is asked for something. */
  | { readonly ask: 'go on saying'; readonly text: string }
  /** `longestTick` counts from the report before. */
  | { readonly ask: 'report' }
  /** In milliseconds from saying to hearing, since the last time. */
  | { readonly ask: 'latencies' };

export interface Report {
  /** Of this process, in microseconds. */
  readonly cpu: number;
  readonly role: string;
  readonly nodes: number;
  readonly tracks: number;
  readonly delivered: number;
  readonly lost: number;
  /** In milliseconds. */
  readonly longestTick: number;
  /** In bytes. */
  readonly rss: number;
  readonly heap: number;
}

/** In milliseconds. */
const SAY_EVERY = 20;

const analyze = createAnalyzer('full', vader);
let source: HandSource | undefined;
let latencies: number[] = [];
let said = 0;
const ticks = monitorEventLoopDelay({ resolution: 1 });
ticks.enable();
const telemetry = recordTelemetry();
const connectFeed = await createFeed({
  config: configOf(...process.argv.slice(2)),
  connect(sink) {
    source = createHandSource(sink);
    return source;
  },
  analyze,
  listeners: () => multiplexer.listeners,
  telemetry,
  past: createPast(),
  shared: NOT_SHARED,
  clock: systemClock,
});
const multiplexer = new Multiplexer(connectFeed, { telemetry });

process.on('message', (request: Request) => {
  switch (request.ask) {
    case 'listen':
      for (const query of request.tracks) {
        multiplexer.listen(track(query), {
          event: ({ post }) => {
            latencies.push(
              Number(process.hrtime.bigint() - BigInt(post.id.split(' ')[0] ?? 0)) / 1e6,
            );
          },
          end: () => {},
        });
      }
      return;
    case 'say':
      for (let i = 0; i < request.times; i++) {
        source?.say(request.text, { id: `${process.hrtime.bigint()} ${said++}` });
      }
      return;
    case 'go on saying':
      setInterval(() => {
        if (source?.state.name === 'live') source.say(request.text, { id: `later ${said++}` });
      }, SAY_EVERY);
      return;
    case 'report': {
      const { user, system } = process.cpuUsage();
      const { role, nodes, tracks, counters } = multiplexer.cluster;
      const delivered = multiplexer.counters.eventsDelivered;
      const lost = counters.lost + counters.gaps;
      const longestTick = Math.round(ticks.max / 1e6);
      ticks.reset();
      const { rss, heapUsed: heap } = process.memoryUsage();
      const cpu = user + system;
      process.send?.({ cpu, role, nodes, tracks, delivered, lost, longestTick, rss, heap });
      return;
    }
    case 'latencies':
      process.send?.(latencies);
      latencies = [];
  }
});
process.send?.({ ready: true });
