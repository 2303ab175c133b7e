// npm run bench -- pipeline: posts through matcher, analysis and topics on one core, and each stage's share.

import type { Post } from '../../src/base/post.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import type { SourceSink } from '../../src/source/source.ts';
import { Ingest } from '../../src/stream/ingest.ts';
import { Multiplexer } from '../../src/stream/multiplexer.ts';
import { Matcher } from '../../src/track/matcher.ts';
import type { Track } from '../../src/track/track.ts';
import { words } from '../../src/track/words.ts';
import { keeping } from '../support/keeping.ts';
import { seeded } from '../support/seeded.ts';
import { recordTelemetry } from '../support/telemetry.ts';
import { cpuNanoseconds, median, table } from './measure.ts';
import { makeTracks, readTexts, vocabularyOf } from './workload.ts';

const TRACKS = 100_000;
const LISTENERS = 1_000;
const ROUNDS = 7;
const SEED = 1;

export async function run(): Promise<void> {
  const { from, texts } = readTexts();
  const tracks = makeTracks(TRACKS, vocabularyOf(texts), SEED);
  const workloads = [
    ['1,000 listeners on 100 tracks each', tracks] as const,
    ['1,000 listeners on one track each', draw(tracks, LISTENERS)] as const,
  ];
  const results = workloads.map(([name, active]) => measure(name, active, texts));
  const rows = results.flatMap(({ rows }) => rows);
  process.stdout.write(`${texts.length} posts (${from}), one core\n\n${table(rows)}\n`);
  const summary = results.map(({ name, postsASecond, deliveries }) => ({
    name,
    postsASecond,
    deliveries,
  }));
  process.stdout.write(`${JSON.stringify({ bench: 'pipeline', from, rows, summary })}\n`);
}

function draw(tracks: readonly Track[], count: number): Track[] {
  const random = seeded(SEED);
  return Array.from({ length: count }, () => tracks[Math.floor(random() * tracks.length)] as Track);
}

function measure(name: string, active: readonly Track[], texts: readonly string[]) {
  let sink: SourceSink | undefined;
  const analyze = createAnalyzer('full', vader);
  const telemetry = recordTelemetry();
  const multiplexer = new Multiplexer(
    (feedSink) =>
      new Ingest(
        {
          connect: (given) => {
            sink = given;
            const state = { name: 'live' } as const;
            return {
              name: 'bench',
              isTextPublic: true,
              state,
              want: () => {},
              close: async () => {},
            };
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
  let deliveries = 0;
  const listeners = Array.from({ length: LISTENERS }, () => ({
    event: () => void deliveries++,
    end: () => {},
  }));
  for (const [i, track] of active.entries()) {
    const listener = listeners[i % LISTENERS];
    if (listener) multiplexer.listen(track, listener);
  }
  const posts: Post[] = texts.map((text, i) => ({
    id: String(i),
    source: 'bench',
    text,
    tags: [],
    links: [],
    attached: [],
    langs: ['en'],
  }));

  const matcher = new Matcher<Track>();
  for (const track of active) matcher.add(track, track);
  const tokenized = texts.map(words);
  const matched = texts.filter((_, i) => matcher.match(tokenized[i] ?? []).length > 0);

  const perPost = (work: () => void) => {
    work();
    return median(Array.from({ length: ROUNDS }, () => cpuNanoseconds(work))) / posts.length;
  };
  const whole = perPost(() => {
    for (const post of posts) sink?.post(post);
  });
  const stages = {
    words: perPost(() => {
      for (const text of texts) words(text);
    }),
    matcher: perPost(() => {
      for (const found of tokenized) matcher.match(found);
    }),
    analysis: perPost(() => {
      for (const text of matched) analyze(text);
    }),
  };
  const rest = whole - stages.words - stages.matcher - stages.analysis;
  const all = { ...stages, 'topics and the rest': rest, whole };
  const rows = Object.entries(all).map(([stage, ns]) => ({
    workload: name,
    stage,
    'ns/post': Math.round(ns),
    'share %': Math.round((100 * ns) / whole),
    'posts/s': Math.round(1e9 / ns),
  }));
  const perPosts = deliveries / (posts.length * (ROUNDS + 1));
  return {
    name,
    rows,
    postsASecond: Math.round(1e9 / whole),
    deliveries: Number(perPosts.toFixed(2)),
  };
}
