// The main job, end to end: a file of posts in, events out at every client that tracks a topic.

import { describe, expect, test } from 'vitest';
import { SentimentDocument, StatusDocument } from '../../schema/operations.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import { samplePosts } from '../../src/source/sample.ts';
import { connectGraphQL, connectTrack, post, run, runOverSse } from '../support/clients.ts';
import { readNdjson, sharedFile } from '../support/data.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startReal } from '../support/senti.ts';
import { matchesSlowly } from '../support/slow-matcher.ts';
import { ndjson, tempFile } from '../support/temp-file.ts';
import { track } from '../support/tracks.ts';

interface Record {
  readonly id: string;
  readonly text: string;
}

const FORTY_OTHERS = [
  'coffee, tea, good, night, game, song, friday, sunday, monday, happy, sad, best, people, world',
  'today, tomorrow, movie, week, play, watch, school, birthday, fun, home, work, life, team',
  'morning, hate, sorry, miss, great, awesome, bad, thanks, follow, hope, -x y, #fail, "so much"',
]
  .join(', ')
  .split(', ');

function madeUpPosts(): Record[] {
  const posts = samplePosts(1, new FakeClock()).take(3000);
  return [...posts].map(({ text }, i) => ({ id: `p${i}`, text }));
}

const tweets = sharedFile('tweets.ndjson');
const files = [
  ['made-up posts', madeUpPosts],
  ['the rated tweets', tweets ? () => readNdjson<Record>(tweets) : undefined],
] as const;

describe.each(files)('on %s', (_, read = () => []) => {
  test.skipIf(read().length === 0)(
    'every client gets every post of its track, in order, once, and no other',
    async () => {
      const records = read();
      const file = tempFile('posts.ndjson', ndjson(records));
      const { url } = await startReal('--source', 'replay', '--file', file, '--rate', '2000');
      const socketUrl = url.replace('http', 'ws');
      const idsOf = (query: string) =>
        records.filter(({ text }) => matchesSlowly(track(query), text)).map(({ id }) => id);

      const variables = { track: 'love' };
      const loves = idsOf('love');
      expect(loves.length).toBeGreaterThan(50);
      expect(FORTY_OTHERS.length).toBe(40);
      const socket = await connectTrack(socketUrl);
      socket.send(variables);
      const one = connectGraphQL(socketUrl);
      // More than one socket may run.
      const others = [connectGraphQL(socketUrl), connectGraphQL(socketUrl)] as const;
      const streams = [
        collect(run(one, SentimentDocument, variables), loves.length),
        collect(runOverSse(url, SentimentDocument, variables), loves.length),
        ...FORTY_OTHERS.map((query, i) => {
          const other = others[i < 20 ? 0 : 1];
          return collect(run(other, SentimentDocument, { track: query }), idsOf(query).length);
        }),
      ];

      // The end of the file; what was not delivered by then never will be.
      for (;;) {
        const { data } = await post(url, StatusDocument, {});
        if (data?.status.source.state === 'paused') break;
      }
      await Promise.all(streams.map(({ full }) => full));
      await socket.received(loves.length);
      expect(streams.map(({ ids }) => ids)).toEqual([
        loves,
        loves,
        ...FORTY_OTHERS.map((query) => idsOf(query)),
      ]);

      const analyze = createAnalyzer('full', vader);
      const texts = new Map(records.map(({ id, text }) => [id, text]));
      expect(socket.messages).toEqual(
        loves.map((id) => {
          const { polarityIndex, hashtags } = analyze(texts.get(id) ?? '');
          const counts = hashtags.map(({ tag, count }) => [tag, count]);
          return { polarityIndex, hashtags: Object.fromEntries(counts) };
        }),
      );

      await Promise.all(streams.map(({ stop }) => stop()));
      socket.socket.terminate();
      for (;;) {
        const { data } = await post(url, StatusDocument, {});
        if (data?.status.listeners === 0) {
          expect(data.status).toMatchObject({ activeTracks: 0, source: { state: 'idle' } });
          break;
        }
      }
    },
    30_000,
  );
});

/** Gathers the ids of a stream; `full` resolves when there are `count`. */
function collect(
  events: ReturnType<typeof run<Parameters<typeof sentimentId>[0], { track: string }>>,
  count: number,
) {
  const ids: string[] = [];
  const full = Promise.withResolvers<void>();
  if (count === 0) full.resolve();
  void (async () => {
    for await (const { data } of events) {
      if (data) ids.push(sentimentId(data));
      if (ids.length === count) full.resolve();
    }
  })();
  return { ids, full: full.promise, stop: async () => void (await events.return?.()) };
}

function sentimentId(data: { sentiment: { post: { id: string } } }): string {
  return data.sentiment.post.id;
}
