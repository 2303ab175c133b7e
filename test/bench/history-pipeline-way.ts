// One way of the pipeline part of the history benchmark, in a process of its own, so that no way pays for what another
// one keeps. Each message makes a round, which is answered with its nanoseconds of CPU for each post: those of the thread
// that does it, and those of the whole process, whose other threads collect garbage.

import { systemClock } from '../../src/base/clock.ts';
import { readLanguages } from '../../src/base/language.ts';
import type { Post } from '../../src/base/post.ts';
import { createPast } from '../../src/history/past.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import type { SourceSink } from '../../src/source/source.ts';
import { Ingest } from '../../src/stream/ingest.ts';
import { Multiplexer } from '../../src/stream/multiplexer.ts';
import type { Past } from '../../src/stream/recorder.ts';
import { keeping } from '../support/keeping.ts';
import { configOf } from '../support/senti.ts';
import { recordTelemetry } from '../support/telemetry.ts';
import { cpuNanoseconds, threadNanoseconds } from './measure.ts';
import { makeTracks, readTexts, vocabularyOf } from './workload.ts';

const SEED = 1;

let slots = 0;
const NOTHING_KEPT: Past = {
  open: () => ({ slot: slots++, gap: () => {}, wanted: () => {}, close: () => {} }),
  event: () => {},
  read: () => nothingResumes(),
  stretch: () => nothingResumes(),
  fill: () => {},
  deleted: () => {},
};

function nothingResumes(): never {
  throw new Error('nothing resumes here');
}

const [way = '', count = ''] = process.argv.slice(2);
const { texts } = readTexts();
const tracks = makeTracks(100_000, vocabularyOf(texts), SEED).slice(0, Number(count));
const telemetry = recordTelemetry();
const sinks: SourceSink[] = [];
const multiplexer = new Multiplexer(
  (feedSink) =>
    new Ingest(
      {
        connect: (sink) => {
          sinks.push(sink);
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
        past: pastOf(way),
        telemetry,
      },
      feedSink,
    ),
  { telemetry },
);
for (const track of tracks) multiplexer.listen(track, { event: () => {}, end: () => {} });

let round = 0;
process.on('message', () => {
  const posts = postsOf(round);
  round += 1;
  let thread = 0;
  const all = cpuNanoseconds(() => {
    thread = threadNanoseconds(() => {
      for (const post of posts) for (const sink of sinks) sink.post(post);
    });
  });
  const events = multiplexer.counters.eventsDelivered / (round * posts.length);
  process.send?.({ thread: thread / posts.length, all: all / posts.length, events });
});

function pastOf(way: string): Past {
  if (way === 'without') return NOTHING_KEPT;
  if (way === 'events') return keeping().past;
  const kept = createPast(configOf(), systemClock, recordTelemetry());
  kept.source({ name: 'bench', state: { name: 'live' } });
  return kept.past;
}

/** No source sends a post twice. */
function postsOf(round: number): Post[] {
  return texts.map((text, i) => ({
    id: `${round}-${i}`,
    source: 'bench',
    text,
    tags: [],
    links: [],
    attached: [],
    langs: readLanguages(['en']),
  }));
}
