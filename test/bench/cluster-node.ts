// One node of the cluster benchmark, in a process of its own: topics and counting listeners, no sockets.

import { pino } from 'pino';
import { systemClock } from '../../src/clock.ts';
import { createFeed } from '../../src/feed.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import { Multiplexer } from '../../src/stream/multiplexer.ts';
import { createHandSource, type HandSource } from '../support/hand-source.ts';
import { configOf } from '../support/senti.ts';
import { track } from '../support/tracks.ts';

export type Request =
  | { readonly ask: 'listen'; readonly tracks: readonly string[] }
  /** Each text `times` times, at once; a post's id says when it was said. */
  | { readonly ask: 'say'; readonly text: string; readonly times: number }
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
}

const analyze = createAnalyzer('full', vader);
let source: HandSource | undefined;
let latencies: number[] = [];
let said = 0;
const feed = await createFeed({
  config: configOf(...process.argv.slice(2)),
  connect(sink) {
    source = createHandSource(sink);
    return source;
  },
  analyze,
  listeners: () => multiplexer.listeners,
  onBad: () => {},
  onState: () => {},
  clock: systemClock,
  log: pino({ level: 'silent' }),
});
const multiplexer = new Multiplexer(feed.connect);

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
    case 'report': {
      const { user, system } = process.cpuUsage();
      const { role, nodes, tracks, counters } = multiplexer.cluster;
      const delivered = multiplexer.counters.eventsDelivered;
      const lost = counters.lost + counters.gaps;
      process.send?.({ cpu: user + system, role, nodes, tracks, delivered, lost });
      return;
    }
    case 'latencies':
      process.send?.(latencies);
      latencies = [];
  }
});
process.send?.({ ready: true });
