// The main job, end to end: posts go in from a file, and every client gets the events of its track.

import { describe, expect, test } from 'vitest';
import { SentimentDocument, StatusDocument } from '../../schema/operations.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import { samplePosts } from '../../src/source/sample.ts';
import { connectGraphQL, connectTrack, post, run } from '../support/clients.ts';
import { readNdjson, sharedFile } from '../support/data.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startReal } from '../support/senti.ts';
import { matchesPartsSlowly, readSlowly } from '../support/slow-matcher.ts';
import { ndjson, tempFile } from '../support/temp-file.ts';
import { track } from '../support/tracks.ts';
import { runOver, STREAMS } from '../support/transports.ts';
import { eventually } from '../support/until.ts';

interface ReplayedPost {
  readonly id: string;
  readonly text: string;
}

const FORTY_QUERIES = [
  'coffee, tea, good, night, game, song, friday, sunday, monday, happy, sad, best, people, world',
  'today, tomorrow, movie, week, play, watch, school, birthday, fun, home, work, life, team',
  'morning, hate, sorry, miss, great, awesome, bad, thanks, follow, hope, -x y, #fail, "so much"',
]
  .join(', ')
  .split(', ');

function madeUpPosts(): ReplayedPost[] {
  const posts = samplePosts(1, new FakeClock()).take(3000);
  return [...posts].map(({ text }, i) => ({ id: `p${i}`, text }));
}

const tweets = sharedFile('tweets.ndjson');
const files = [
  ['made-up posts', madeUpPosts],
  ['the rated tweets', tweets ? () => readNdjson<ReplayedPost>(tweets) : undefined],
] as const;

describe.each(files)('on %s', (_, read = () => []) => {
  test.skipIf(read().length === 0)(
    'every client gets each post of its track once, in order, and no other',
    async () => {
      const posts = read();
      const file = tempFile('posts.ndjson', ndjson(posts));
      const { url } = await startReal('--source', 'replay', '--file', file, '--rate', '2000');
      const socketUrl = url.replace('http', 'ws');
      const parts = posts.map(({ text }) => readSlowly(text));
      const idsOf = (query: string) =>
        posts
          .filter((_, i) => matchesPartsSlowly(track(query), parts[i] ?? []))
          .map(({ id }) => id);

      const variables = { track: 'love' };
      const loves = idsOf('love');
      expect(loves.length).toBeGreaterThan(50);
      expect(FORTY_QUERIES.length).toBe(40);
      const socket = await connectTrack(socketUrl);
      socket.send(variables);
      // One socket may not run this many operations.
      const others = [connectGraphQL(socketUrl), connectGraphQL(socketUrl)] as const;
      const streams = [
        ...STREAMS.map((stream) =>
          collect(runOver({ url, socketUrl }, stream, SentimentDocument, variables), loves.length),
        ),
        ...FORTY_QUERIES.map((query, i) => {
          const other = others[i < 20 ? 0 : 1];
          return collect(run(other, SentimentDocument, { track: query }), idsOf(query).length);
        }),
      ];

      // The source pauses at the end of the file. An event that is not delivered by then never will be.
      const status = async () => (await post(url, StatusDocument, {})).data?.status;
      await eventually(async () => (await status())?.source.state === 'paused');
      await Promise.all(streams.map(({ full }) => full));
      await socket.received(loves.length);
      expect(streams.map(({ ids }) => ids)).toEqual([
        ...STREAMS.map(() => loves),
        ...FORTY_QUERIES.map((query) => idsOf(query)),
      ]);

      const analyze = createAnalyzer('full', vader);
      const texts = new Map(posts.map(({ id, text }) => [id, text]));
      expect(socket.messages).toEqual(
        loves.map((id) => {
          const { polarityIndex, hashtags } = analyze(texts.get(id) ?? '');
          const counts = hashtags.map(({ tag, count }) => [tag, count]);
          return { polarityIndex, hashtags: Object.fromEntries(counts) };
        }),
      );

      await Promise.all(streams.map(({ stop }) => stop()));
      socket.socket.terminate();
      await eventually(async () => (await status())?.listeners === 0);
      expect(await status()).toMatchObject({ activeTracks: 0, source: { state: 'idle' } });
    },
  );
});

/** Collects the ids of a stream. `full` resolves once there are `count`. */
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
