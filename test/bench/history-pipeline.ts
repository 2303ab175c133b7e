// Part of npm run bench -- history: posts through matcher, analysis and topics, with and without the past.

import type { Clock } from '../../src/base/clock.ts';
import type { Post } from '../../src/base/post.ts';
import { createPast } from '../../src/history/past.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import type { SourceSink } from '../../src/source/source.ts';
import { Ingest } from '../../src/stream/ingest.ts';
import { Multiplexer } from '../../src/stream/multiplexer.ts';
import type { Past } from '../../src/stream/recorder.ts';
import type { Track } from '../../src/track/track.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { SIZED } from '../support/history.ts';
import { keeping } from '../support/keeping.ts';
import { recordTelemetry } from '../support/telemetry.ts';
import { cpuNanoseconds, median } from './measure.ts';
import { makeTracks, readTexts, vocabularyOf } from './workload.ts';

const ROUNDS = 15;
const SEED = 1;
const RECENT = { recentEvents: 1000, recentBytes: 64 * 1024 * 1024 };

export async function measurePipeline() {
  const { texts } = readTexts();
  const tracks = makeTracks(100_000, vocabularyOf(texts), SEED);
  const workloads = [
    ['100,000 tracks', tracks],
    ['1,000 tracks', tracks.slice(0, 1000)],
  ] as const;
  const options = { ...SIZED, ...RECENT };
  // It stands still: what the end of a minute costs is another part.
  const clock = new FakeClock();
  const rows = [];
  for (const [workload, active] of workloads) {
    const kept = createPast(options, clock, recordTelemetry());
    kept.source({ name: 'live' });
    const ways = {
      without: start(active, NOTHING_KEPT, clock),
      events: start(active, keeping().past, clock),
      with: start(active, kept.past, clock),
    };
    const found: Record<keyof typeof ways, number[]> = { without: [], events: [], with: [] };
    for (let round = 0; round < ROUNDS; round++) {
      const posts = postsOf(texts, round);
      for (const way of ['without', 'events', 'with'] as const) {
        const { sink } = ways[way];
        const ns = cpuNanoseconds(() => {
          for (const post of posts) sink.post(post);
        });
        // The first ones warm up.
        if (round > 2) found[way].push(ns / posts.length);
      }
    }
    await kept.close();
    const without = median(found.without);
    const more = (way: keyof typeof ways) =>
      Number((100 * (median(found[way]) / without - 1)).toFixed(1));
    rows.push({
      workload,
      'ns/post without': Math.round(without),
      'ns/post with events': Math.round(median(found.events)),
      'and counts': Math.round(median(found.with)),
      'events more %': more('events'),
      'both more %': more('with'),
    });
  }
  return { title: 'ns of CPU for each post, without and with the past', rows };
}

function start(active: readonly Track[], past: Past, clock: Clock): { readonly sink: SourceSink } {
  const found: SourceSink[] = [];
  const telemetry = recordTelemetry();
  const multiplexer = new Multiplexer(
    (feedSink) =>
      new Ingest(
        {
          connect: (sink) => {
            found.push(sink);
            return {
              name: 'bench',
              isTextPublic: true,
              state: { name: 'live' },
              want: () => {},
              close: async () => {},
            };
          },
          analyze: createAnalyzer('full', vader),
          languages: ['en'],
          postText: true,
          ...keeping(clock),
          past,
          telemetry,
        },
        feedSink,
      ),
    { telemetry },
  );
  for (const track of active) multiplexer.listen(track, { event: () => {}, end: () => {} });
  const [sink] = found;
  if (sink === undefined) throw new Error('no source was connected');
  return { sink };
}

/** No source sends a post twice. */
function postsOf(texts: readonly string[], round: number): Post[] {
  return texts.map((text, i) => ({
    id: `${round}-${i}`,
    source: 'bench',
    text,
    tags: [],
    links: [],
    attached: [],
    langs: ['en'],
  }));
}

const NOTHING_KEPT: Past = {
  open: () => ({ event: () => {}, gap: () => {}, wanted: () => {}, close: () => {} }),
  read: () => nothingResumes(),
  stretch: () => nothingResumes(),
  fill: () => {},
  deleted: () => {},
};

function nothingResumes(): never {
  throw new Error('nothing resumes here');
}
