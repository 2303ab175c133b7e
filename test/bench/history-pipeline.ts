// Part of npm run bench -- history: posts through matcher, analysis and topics, with and without the past.

import { systemClock } from '../../src/base/clock.ts';
import type { Post } from '../../src/base/post.ts';
import { createPast } from '../../src/history/past.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import type { SourceSink } from '../../src/source/source.ts';
import { Ingest } from '../../src/stream/ingest.ts';
import { Multiplexer } from '../../src/stream/multiplexer.ts';
import type { Past } from '../../src/stream/recorder.ts';
import type { Track } from '../../src/track/track.ts';
import { keeping } from '../support/keeping.ts';
import { configOf } from '../support/senti.ts';
import { recordTelemetry } from '../support/telemetry.ts';
import { cpuNanoseconds, median } from './measure.ts';
import { makeTracks, readTexts, vocabularyOf } from './workload.ts';

const ROUNDS = 15;
const SEED = 1;

export function measurePipeline() {
  const { texts } = readTexts();
  const tracks = makeTracks(100_000, vocabularyOf(texts), SEED);
  const workloads = [
    ['100,000 tracks', tracks],
    ['1,000 tracks', tracks.slice(0, 1000)],
  ] as const;
  const rows = workloads.map(([workload, active]) => {
    const ways = { without: start(active, NOTHING_KEPT), with: start(active, past()) };
    const found: Record<keyof typeof ways, number[]> = { without: [], with: [] };
    for (let round = 0; round < ROUNDS; round++) {
      const posts = postsOf(texts, round);
      for (const way of ['without', 'with'] as const) {
        const { sink } = ways[way];
        const ns = cpuNanoseconds(() => {
          for (const post of posts) sink.post(post);
        });
        // The first ones warm up.
        if (round > 2) found[way].push(ns / posts.length);
      }
    }
    const [without, kept] = [median(found.without), median(found.with)];
    return {
      workload,
      'ns/post without': Math.round(without),
      'ns/post with': Math.round(kept),
      'more %': Number((100 * (kept / without - 1)).toFixed(1)),
    };
  });
  return { title: 'ns of CPU for each post, without and with the past', rows };
}

function start(active: readonly Track[], past: Past): { readonly sink: SourceSink } {
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
          ...keeping(),
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

/** As the server keeps it. */
function past(): Past {
  const kept = createPast(configOf(), systemClock, recordTelemetry());
  kept.source({ name: 'live' });
  return kept.past;
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
