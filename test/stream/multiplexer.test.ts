import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Languages } from '../../src/base/language.ts';
import { MAX_TEXT } from '../../src/base/post.ts';
import { UserError } from '../../src/base/user-error.ts';
import type { SentimentEvent } from '../../src/sentiment/analysis.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import { Ingest } from '../../src/stream/ingest.ts';
import { Multiplexer } from '../../src/stream/multiplexer.ts';
import { createHandSource, type HandSource } from '../support/hand-source.ts';
import { keeping } from '../support/keeping.ts';
import { texts } from '../support/queries.ts';
import { matchesSlowly } from '../support/slow-matcher.ts';
import { recordTelemetry } from '../support/telemetry.ts';
import { track } from '../support/tracks.ts';

function start(languages: Languages = ['en']) {
  let source: HandSource | undefined;
  const telemetry = recordTelemetry();
  const multiplexer = new Multiplexer(
    (feedSink) =>
      new Ingest(
        {
          connect: (sink) => {
            source = createHandSource(sink);
            return source;
          },
          analyze: createAnalyzer('full', vader),
          languages,
          postText: true,
          ...keeping(),
          telemetry,
        },
        feedSink,
      ),
    { telemetry },
  );
  if (!source) throw new Error('no source was connected');
  return { multiplexer, source };
}

/** Adds a listener that keeps the ids of its events. */
function listen(multiplexer: Multiplexer, query: string) {
  const ids: string[] = [];
  const ends: (UserError | undefined)[] = [];
  const stop = multiplexer.listen(track(query), {
    event: (event) => ids.push(event.post.id),
    end: (error) => ends.push(error),
  });
  return { ids, ends, stop };
}

describe('the multiplexer', () => {
  test('delivers a post to every listener of every track that it matches, and to no other', () => {
    const { multiplexer, source } = start();
    const coffee = listen(multiplexer, 'coffee');
    const again = listen(multiplexer, 'COFFEE');
    const both = listen(multiplexer, 'tea, coffee');
    const tea = listen(multiplexer, 'tea');
    source.say('coffee');
    source.say('tea');
    source.say('water');
    source.say('tea and coffee');
    expect(coffee.ids).toEqual(['0', '3']);
    expect(again.ids).toEqual(['0', '3']);
    expect(both.ids).toEqual(['0', '1', '3']);
    expect(tea.ids).toEqual(['1', '3']);
  });

  test('analyzes a post once, and delivers the same event to all', () => {
    const { multiplexer, source } = start();
    const events: SentimentEvent[] = [];
    for (const query of ['coffee', 'great', 'great coffee', 'coffee']) {
      multiplexer.listen(track(query), { event: (event) => events.push(event), end: () => {} });
    }
    source.say('Great coffee! #espresso');
    expect(events.length).toBe(4);
    expect(new Set(events).size).toBe(1);
    expect(events[0]).toMatchObject({
      polarityIndex: 0,
      polarity: 'POSITIVE',
      hashtags: [{ tag: 'espresso', count: 1 }],
      post: { id: '0', source: 'hand' },
    });
  });

  test('tells the source when the first listener of a track comes and when the last one leaves', () => {
    const { multiplexer, source } = start();
    const first = listen(multiplexer, 'coffee');
    const second = listen(multiplexer, 'Coffee');
    const other = listen(multiplexer, 'tea');
    first.stop();
    first.stop();
    second.stop();
    other.stop();
    expect(source.wanted).toEqual([['coffee'], ['coffee', 'tea'], ['tea'], []]);
    expect(source.state).toEqual({ name: 'idle' });
  });

  test('delivers nothing to a listener that has stopped, even in the middle of a post', () => {
    const { multiplexer, source } = start();
    const ids: string[] = [];
    const stop: (() => void)[] = [];
    stop.push(
      multiplexer.listen(track('coffee'), { event: () => stop[1]?.(), end: () => {} }),
      multiplexer.listen(track('coffee'), { event: (e) => ids.push(e.post.id), end: () => {} }),
    );
    source.say('coffee');
    expect(ids).toEqual([]);
    expect(multiplexer.listeners).toBe(1);
  });

  test('leaves nothing behind when a thousand listeners come and go', () => {
    const { multiplexer, source } = start();
    const stay = listen(multiplexer, 'coffee');
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(49)), (dice) => {
        const open: (() => void)[] = [];
        for (let i = 0; i < 1000; i++) {
          const n = dice.next().value;
          open.push(listen(multiplexer, `word${n}, other${n % 7}`).stop);
          if (n % 3 === 0) open.splice(n % open.length, 1)[0]?.();
        }
        for (const stop of open) stop();
        expect([multiplexer.tracks, multiplexer.listeners]).toEqual([1, 1]);
        expect(source.wanted.at(-1)).toEqual(['coffee']);
      }),
      { numRuns: 10 },
    );
    source.say('word1 coffee');
    expect(stay.ids).toEqual(['0']);
  });

  test('keeps topics apart and in order, whatever is tracked and posted', () => {
    const asked = ['cat', 'bee cat', '#cat', '"cat bee"', 'cat -bee', 'x_1, λόγος', '@bee'];
    fc.assert(
      fc.property(fc.array(texts), (posts) => {
        const { multiplexer, source } = start();
        const listeners = asked.map((query) => ({ query, ...listen(multiplexer, query) }));
        for (const text of posts) source.say(text);
        for (const { query, ids } of listeners) {
          const expected = [...posts.keys()].filter((i) =>
            matchesSlowly(track(query), posts[i] ?? ''),
          );
          expect(ids).toEqual(expected.map(String));
        }
      }),
    );
  });

  test('skips posts in other languages, but not those without a language', () => {
    const { multiplexer, source } = start(['en']);
    const { ids } = listen(multiplexer, 'coffee');
    const languages = [['en'], ['en-GB'], ['EN'], [], ['de', 'en'], ['de'], ['eng'], ['pt-BR']];
    for (const langs of languages) source.say('coffee', { langs });
    expect(ids).toEqual(['0', '1', '2', '3', '4']);

    const everything = start('any');
    const all = listen(everything.multiplexer, 'coffee');
    for (const langs of languages) everything.source.say('coffee', { langs });
    expect(all.ids.length).toBe(languages.length);
  });

  test('counts what it sees', () => {
    const { multiplexer, source } = start();
    listen(multiplexer, 'coffee');
    listen(multiplexer, 'coffee');
    listen(multiplexer, 'good coffee');
    source.say('good coffee');
    source.say('coffee');
    source.say('tea');
    source.sink.bad('nonsense');
    source.sink.repeated();
    expect(multiplexer.counters).toEqual({
      postsSeen: 3,
      postsMatched: 2,
      postsBad: 1,
      postsRepeated: 1,
      postsTruncated: 0,
      eventsPublished: 3,
      eventsDelivered: 5,
      eventsDropped: 0,
    });
  });

  test('reads the first 25,000 characters of a post, and counts it as truncated', () => {
    const { multiplexer, source } = start();
    const events: SentimentEvent[] = [];
    multiplexer.listen(track('coffee'), { event: (event) => events.push(event), end: () => {} });
    const { ids } = listen(multiplexer, 'tea');
    const start25k = 'coffee #one '.padEnd(MAX_TEXT - 1);
    source.say(`${start25k}😀 tea #two ${'good '.repeat(50_000)}`);
    source.say(`${start25k}.`);
    expect(MAX_TEXT).toBe(25_000);
    expect(ids).toEqual([]);
    expect(multiplexer.counters).toMatchObject({
      postsSeen: 2,
      postsMatched: 2,
      postsTruncated: 1,
    });
    expect(events[0]).toMatchObject({ polarity: 'NEUTRAL', hashtags: [{ tag: 'one', count: 1 }] });
    expect(events[0]?.post.text).toBe(events[1]?.post.text);
  });

  test('ends the listeners of a track that the upstream rejects, and no others', () => {
    const { multiplexer, source } = start();
    const coffee = listen(multiplexer, 'coffee');
    const tea = listen(multiplexer, 'tea');
    const error = new UserError('UPSTREAM_FULL', 'No room.');
    source.sink.rejected(track('coffee'), error);
    source.say('coffee and tea');
    expect([coffee.ends, coffee.ids]).toEqual([[error], []]);
    expect([tea.ends, tea.ids]).toEqual([[], ['0']]);
    expect([multiplexer.tracks, multiplexer.listeners]).toEqual([1, 1]);
    expect(source.wanted.at(-1)).toEqual(['tea']);
    coffee.stop();
    expect(multiplexer.listeners).toBe(1);
  });

  test('reports itself as the only node', () => {
    const { multiplexer } = start();
    listen(multiplexer, 'coffee');
    listen(multiplexer, 'coffee');
    expect(multiplexer.cluster).toMatchObject({
      id: 'single',
      role: 'INGEST',
      nodes: 1,
      tracks: 1,
      listeners: 2,
    });
  });

  test('ends every listener when it closes, and accepts no more', async () => {
    const { multiplexer, source } = start();
    const coffee = listen(multiplexer, 'coffee');
    await multiplexer.close();
    const late = listen(multiplexer, 'coffee');
    source.say('coffee');
    expect([coffee.ends, coffee.ids]).toEqual([[undefined], []]);
    expect([late.ends, late.ids]).toEqual([[undefined], []]);
    expect([multiplexer.tracks, multiplexer.listeners]).toEqual([0, 0]);
  });
});
