import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { UserError } from '../../src/base/user-error.ts';
import { parseConfig } from '../../src/config/parse.ts';
import type { SentimentEvent } from '../../src/sentiment/analysis.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import { createFeed } from '../../src/server/node-feed.ts';
import { mergeSources } from '../../src/source/merged.ts';
import type { Feed } from '../../src/stream/feed.ts';
import { atSources, parseTrackAt, type Track } from '../../src/track/track.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { createHandSource, type HandSource } from '../support/hand-source.ts';
import { createPast, NOT_SHARED } from '../support/keeping.ts';
import { findNatsServer, startNats } from '../support/nats-server.ts';
import { configOf } from '../support/senti.ts';
import { recordTelemetry } from '../support/telemetry.ts';
import { track } from '../support/tracks.ts';
import { until } from '../support/until.ts';

test.skipIf(!findNatsServer())(
  'all nodes have all sources, and the texts of posts, except those with --post-text=false',
  async () => {
    const nats = await startNats();
    onTestFinished(() => nats.stop());
    let source: HandSource | undefined;
    let other: HandSource | undefined;
    /** Those of events of the other source, by node. */
    const told: (readonly string[])[][] = [];
    const feeds: Feed<string>[] = [];

    async function start(...argv: readonly string[]) {
      const events: SentimentEvent[] = [];
      const toldHere: (readonly string[])[] = [];
      told.push(toldHere);
      const connectFeed = await createFeed({
        config: configOf('--nats', `nats://127.0.0.1:${nats.port}`, ...argv),
        connect: (sink) =>
          mergeSources(
            [
              (part) => {
                source = createHandSource(part);
                return source;
              },
              (part) => {
                other = createHandSource(part, 'other');
                return other;
              },
            ],
            sink,
            { clock: systemClock, warn: () => {} },
          ),
        analyze: createAnalyzer('full', vader),
        telemetry: recordTelemetry(),
        listeners: () => 1,
        past: createPast(),
        shared: NOT_SHARED,
        clock: systemClock,
      });
      const feed = connectFeed<string>({
        event(event, outlets) {
          if (event.post.source === 'other') toldHere.push(outlets);
          else events.push(event);
        },
        deleted: () => {},
        gap: () => {},
        rejected: () => {},
      });
      onTestFinished(() => feed.stop());
      feeds.push(feed);
      feed.open(track('coffee'), 'coffee');
      feed.open(track('milk'), 'milk');
      feed.open(atSources(track('tea'), ['other']), 'tea');
      return events;
    }

    const first = await start();
    await until(() => source?.wanted.at(-1)?.length === 2, 'the first node ingests');
    const nodes = [first, await start(), await start('--post-text=false')];
    await until(() => {
      source?.say('coffee with milk and tea');
      return nodes.every((events) => events.length > 1);
    }, 'each node got events');
    expect(nodes.map(([event]) => event?.post.text)).toEqual([
      'coffee with milk and tea',
      'coffee with milk and tea',
      null,
    ]);
    expect(source?.wanted.at(-1)).toEqual(['coffee', 'milk']);
    expect(other?.wanted.at(-1)).toEqual(['coffee', 'milk', 'tea [other]']);
    other?.say('tea');
    await until(() => told.every(({ length }) => length > 0), 'each node got the tea');
    expect(told).toEqual([[['tea']], [['tea']], [['tea']]]);
    source?.become({ name: 'waiting', reason: 'it broke', until: 5 });
    await until(
      () =>
        feeds.every(({ source: { name, state, parts = [] } }) => {
          const states = parts.map((part) => `${part.name} is ${part.state.name}`).join(', ');
          return (
            `${name} is ${state.name}: ${states}` ===
            'hand,other is live: hand is waiting, other is live'
          );
        }),
      'each node knows the states of both sources',
    );
    const full = new UserError('UPSTREAM_FULL', 'It is full. '.repeat(1000));
    source?.sink.rejected(source.tracks[1] as Track, full);
    await until(
      () =>
        feeds.every(({ source: { rejections = [] } }) => {
          const [first] = rejections;
          return rejections.length === 1 && first?.track === 'milk' && first.source === 'hand';
        }),
      'each node knows what one source rejects',
    );
    // What an event is encoded as is remembered by the object.
    for (const events of nodes) {
      expect(new Set(events).size).toBe(new Set(events.map(({ post }) => post.id)).size);
    }
  },
);

test.each([
  ['bluesky', 'coffee', 120],
  ['x', 'coffee', 10],
  ['bluesky,x', 'coffee', 10],
  ['bluesky,x', 'coffee [x]', 10],
  ['bluesky,mastodon,x', 'coffee [mastodon,x]', 10],
  ['bluesky,x', 'coffee [bluesky]', 120],
])('of %s, the track %s lingers for %d seconds', async (sources, query, seconds) => {
  const argv = ['--source', sources, '--mastodon-url', 'https://mastodon.example'];
  const parsed = parseConfig(argv, { X_BEARER_TOKEN: 'a-long-secret' });
  if (!('config' in parsed)) throw new Error(JSON.stringify(parsed));
  const clock = new FakeClock();
  let source = undefined as HandSource | undefined;
  const connectFeed = await createFeed({
    config: parsed.config,
    connect: (sink) => {
      source = createHandSource(sink);
      return source;
    },
    analyze: createAnalyzer('full', vader),
    telemetry: recordTelemetry(),
    listeners: () => 0,
    past: createPast(),
    shared: NOT_SHARED,
    clock,
  });
  const feed = connectFeed<string>({
    event: () => {},
    deleted: () => {},
    gap: () => {},
    rejected: () => {},
  });
  onTestFinished(() => feed.stop());
  const left = parseTrackAt(query) as Track;
  feed.open(left, 'coffee');
  feed.close(left);
  clock.advance(seconds * 1000 - 1);
  expect(source?.wanted.at(-1)).toEqual([query]);
  clock.advance(1);
  expect(source?.wanted.at(-1)).toEqual([]);
});
