// Posts of Mastodon as listeners get them: matched by all that a status states, and scored by its text.

import { expect, onTestFinished, test } from 'vitest';
import { createAnalyzer, type SentimentEvent } from '../../../src/sentiment/analysis.ts';
import { vader } from '../../../src/sentiment/vader/vader.ts';
import { createMastodon } from '../../../src/source/mastodon/mastodon.ts';
import { Ingest } from '../../../src/stream/ingest.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { startFakeMastodon } from '../../support/fake-mastodon.ts';
import { keeping } from '../../support/keeping.ts';
import { statusOf, uriOf } from '../../support/statuses.ts';
import { recordTelemetry } from '../../support/telemetry.ts';
import { track } from '../../support/tracks.ts';
import { until } from '../../support/until.ts';

const ADDRESS = 'https://example.com/a-wonderful/page/with/a/long/address';

test('a post is found by all that it states, scored with its warning, and deleted', async () => {
  const mastodon = await startFakeMastodon();
  onTestFinished(() => mastodon.close());
  const told = new Map<string, SentimentEvent>();
  const deleted: string[] = [];
  const ingest = new Ingest<string>(
    {
      connect: (sink) =>
        createMastodon(
          { urls: [mastodon.url], tokens: [], random: () => 0, warn: () => {} },
          sink,
          new FakeClock(),
        ),
      analyze: createAnalyzer('full', vader),
      languages: ['en'],
      postText: true,
      ...keeping(),
      telemetry: recordTelemetry(),
    },
    {
      event(event, outlets) {
        for (const outlet of outlets) told.set(outlet, event);
      },
      deleted: ({ id }) => deleted.push(id),
      gap: () => {},
      rejected: () => {},
    },
  );
  onTestFinished(() => ingest.stop());
  const found = [
    ...['horrible', '"news today"', 'beans', '#coffee', '#espresso', 'example.com/a-wonderful'],
    ...['cat', '@alice', '"new paragraph"', ':blobcat:'],
  ];
  for (const query of [...found, 'wonderful', 'invisible', 'span', 'edited', 'privately']) {
    ingest.open(track(query), query);
  }
  await until(() => mastodon.open === 1);
  const draft = {
    spoiler_text: 'horrible news',
    text: `today no beans for #coffee :blobcat: ${ADDRESS}\n\nnew\nparagraph`,
    tags: [{ name: 'coffee' }, { name: 'espresso' }],
    media_attachments: [{ description: 'a cat' }],
    mentions: [{ username: 'alice' }],
  };
  mastodon.emit(statusOf(1, { text: 'privately wonderful', visibility: 'direct' }));
  mastodon.emit(statusOf(2, { text: 'wunderbar wonderful', language: 'de' }));
  mastodon.emit(statusOf(0, draft));
  mastodon.edit(statusOf(0, { text: 'edited' }));
  mastodon.delete(statusOf(0).id);
  await until(() => deleted.length === 1);
  expect([...told.keys()].toSorted()).toEqual(found.toSorted());
  expect(deleted).toEqual([uriOf(0)]);
  const event = told.get('#coffee');
  // "wonderful" stands in the address alone.
  expect(event).toMatchObject({ polarity: 'NEGATIVE', positive: 0 });
  expect(event?.hashtags.map(({ tag }) => tag)).toEqual(['coffee', 'espresso']);
  expect(event?.post).toMatchObject({ id: uriOf(0), source: 'mastodon', langs: ['en'] });
  expect(event?.post.text).toBe(
    `horrible news today no beans for #coffee :blobcat: ${ADDRESS} new paragraph`,
  );
});
