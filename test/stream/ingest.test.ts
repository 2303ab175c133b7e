import { expect, test } from 'vitest';
import { createAnalyzer, type SentimentEvent } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import type { FeedSink } from '../../src/stream/feed.ts';
import { Ingest, type IngestOptions } from '../../src/stream/ingest.ts';
import { atSources } from '../../src/track/track.ts';
import { feedContract } from '../contract/feed.ts';
import { createHandSource, type HandSource } from '../support/hand-source.ts';
import { createPast, keeping } from '../support/keeping.ts';
import { recordTelemetry } from '../support/telemetry.ts';
import { track } from '../support/tracks.ts';
import { until } from '../support/until.ts';

function open(sink: FeedSink<string>, kept: Partial<IngestOptions> = {}) {
  let source: HandSource | undefined;
  const feed = new Ingest<string>(
    {
      connect: (sourceSink) => {
        source = createHandSource(sourceSink);
        return source;
      },
      analyze: createAnalyzer('full', vader),
      languages: 'any',
      postText: true,
      ...keeping(),
      ...kept,
      telemetry: recordTelemetry(),
    },
    sink,
  );
  return { feed, source: () => source, until };
}

feedContract('ingest', async (sink) => open(sink));

test('an event has the hashtags that the source states beside the text', () => {
  const events: SentimentEvent[] = [];
  const ignore = () => {};
  const { feed, source } = open({
    event: (event) => events.push(event),
    deleted: ignore,
    gap: ignore,
    rejected: ignore,
  });
  feed.open(track('tea'), 'tea');
  source()?.say('tea #Self-Care', { tags: ['self-care', 'Coffee'] });
  expect(events[0]?.hashtags).toEqual([
    { tag: 'coffee', count: 1 },
    { tag: 'self-care', count: 1 },
  ]);
});

test('a track that names its sources gets their posts alone, whatever other tracks come and go', () => {
  const outlets: (readonly string[])[] = [];
  const ignore = () => {};
  const { feed, source } = open({
    event: (_, to) => outlets.push([...to].sort()),
    deleted: ignore,
    gap: ignore,
    rejected: ignore,
  });
  const say = () => source()?.say('tea');
  const elsewhere = atSources(track('tea'), ['elsewhere']);
  feed.open(track('tea'), 'all');
  feed.open(atSources(track('tea'), ['hand']), 'hand');
  say();
  feed.open(elsewhere, 'elsewhere');
  say();
  feed.close(track('tea'));
  say();
  feed.close(elsewhere);
  say();
  expect(outlets).toEqual([['all', 'hand'], ['all', 'hand'], ['hand'], ['hand']]);
});

test('a source that misnames what it delivers is loud: its terms could not be kept', () => {
  const fail = () => expect.unreachable();
  const { feed, source } = open({ event: fail, deleted: fail, gap: fail, rejected: fail });
  feed.open(track('tea'), 'tea');
  const misnamed = 'no source "else" is read here';
  expect(() => source()?.say('tea', { source: 'else' })).toThrow(misnamed);
  expect(() => source()?.sink.bad('line 1: no JSON', 'else')).toThrow(misnamed);
  expect(() => source()?.sink.repeated('else')).toThrow(misnamed);
});

test('the source is closed before the recordings, however many there are', async () => {
  const fail = () => expect.unreachable();
  const closed: string[] = [];
  const past = createPast();
  const { open: record } = past;
  past.open = (...place) => {
    const recording = record.apply(past, place);
    return Object.assign(recording, { close: () => closed.push('recording') });
  };
  const { feed, source } = open(
    { event: fail, deleted: fail, gap: fail, rejected: fail },
    { past },
  );
  feed.open(track('tea'), 'tea');
  Object.assign(source() ?? {}, { close: async () => closed.push('source') });
  await feed.stop();
  expect(closed).toEqual(['source', 'recording']);
});
