// Posts of Bluesky as listeners get them: matched by all that a post states, and scored by its text.

import { expect, onTestFinished, test } from 'vitest';
import { createAnalyzer, type SentimentEvent } from '../../../src/sentiment/analysis.ts';
import { vader } from '../../../src/sentiment/vader/vader.ts';
import { createBluesky } from '../../../src/source/bluesky/bluesky.ts';
import { Ingest } from '../../../src/stream/ingest.ts';
import { VERSIONS } from '../../support/bluesky-source.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { startFakeJetstream } from '../../support/fake-jetstream.ts';
import { encodeInfo } from '../../support/fake-jetstream-wire.ts';
import { type Draft, deleteEvent, postEvent } from '../../support/jetstream-events.ts';
import { keeping } from '../../support/keeping.ts';
import { recordTelemetry } from '../../support/telemetry.ts';
import { track } from '../../support/tracks.ts';
import { until } from '../../support/until.ts';

const ADDRESS = 'https://example.com/some-long-path/page';
/** A post that every listener gets last. */
const LAST: Draft = { text: 'the very last one' };

/** Plays a post and its deletion. Returns the events of each query, with gaps as `undefined`, and what was deleted. */
async function play(version: number, queries: readonly string[], draft: Draft) {
  const clock = new FakeClock();
  const jetstream = await startFakeJetstream({ clock });
  onTestFinished(() => jetstream.close());
  const told = new Map<string, (SentimentEvent | undefined)[]>(queries.map((query) => [query, []]));
  const deleted: string[] = [];
  let isDone = false;
  const url = version === 1 ? jetstream.url : jetstream.urlV2;
  const ingest = new Ingest<string>(
    {
      connect: (sink) => createBluesky({ urls: [url], random: () => 0 }, sink, clock),
      analyze: createAnalyzer('full', vader),
      languages: ['en'],
      postText: true,
      ...keeping(),
      telemetry: recordTelemetry(),
    },
    {
      event(event, outlets) {
        if (event.post.text === LAST.text) isDone = true;
        else for (const outlet of outlets) told.get(outlet)?.push(event);
      },
      deleted: ({ id }) => deleted.push(id),
      gap: (outlet) => told.get(outlet)?.push(undefined),
      rejected: () => {},
    },
  );
  onTestFinished(() => ingest.stop());
  for (const query of queries) ingest.open(track(query), query);
  ingest.open(track('"very last one"'), 'last');
  await until(() => jetstream.open === 1);
  jetstream.inject(encodeInfo('OutdatedCursor'));
  for (const event of [postEvent(0, draft), deleteEvent(0), postEvent(1, LAST)]) {
    jetstream.emit(event);
  }
  await until(() => isDone);
  return { told, deleted };
}

function over(text: string, part: string, feature: object) {
  const byteStart = Buffer.byteLength(text.slice(0, text.indexOf(part)));
  const index = { byteStart, byteEnd: byteStart + Buffer.byteLength(part) };
  return { index, features: [feature] };
}

test.each(VERSIONS)(
  'a post of v%i is found by all that it states, and by nothing else',
  async (version) => {
    const text = 'Déjà 🥐 example.com/some-lo… I love it #tea-time';
    const draft = {
      text,
      langs: ['en'],
      tags: ['self-care'],
      facets: [
        over(text, 'example.com/some-lo…', { $type: 'app.bsky.richtext.facet#link', uri: ADDRESS }),
        over(text, '#tea-time', { $type: 'app.bsky.richtext.facet#tag', tag: 'tea-time' }),
        over(text, 'love', { $type: 'app.bsky.richtext.facet#tag', tag: 'Kindness' }),
      ],
      embed: {
        $type: 'app.bsky.embed.recordWithMedia',
        record: {},
        media: {
          $type: 'app.bsky.embed.external',
          external: {
            uri: 'https://news.example/teapot',
            title: 'A horrible disaster',
            description: 'x',
          },
        },
      },
    };
    const found = [
      'love',
      '#self-care',
      '#tea-time',
      '#kindness',
      'example.com/some-long-path',
      'news.example',
      'disaster',
    ];
    const others = ['#self', '#horrible', 'example.com/other'];
    const { told, deleted } = await play(version, [...found, ...others], draft);
    for (const query of found) expect(told.get(query), query).toHaveLength(2);
    for (const query of others) expect(told.get(query), query).toEqual([undefined]);
    // The text alone is scored: the title would make it negative.
    const [gap, event] = told.get('love') ?? [];
    expect(gap).toBeUndefined();
    expect(event).toMatchObject({ polarity: 'POSITIVE', post: { langs: ['en'] } });
    expect(event?.hashtags).toEqual([
      { tag: 'kindness', count: 1 },
      { tag: 'self-care', count: 1 },
      { tag: 'tea-time', count: 1 },
    ]);
    expect(deleted).toEqual([event?.post.id]);
  },
);
