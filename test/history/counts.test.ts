import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MinuteCounter } from '../../src/history/counter.ts';
import { CountedPast } from '../../src/history/counts.ts';
import { MINUTE, type MinuteBatch } from '../../src/history/store.ts';
import type { SentimentEvent } from '../../src/sentiment/analysis.ts';
import type { Recording } from '../../src/stream/recorder.ts';
import { atSources } from '../../src/track/track.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { eventAt, START } from '../support/history.ts';
import { createPast } from '../support/keeping.ts';
import { track } from '../support/tracks.ts';

function createCounts() {
  const clock = new FakeClock(START);
  const batches: MinuteBatch[] = [];
  const counter = new MinuteCounter();
  const counts = new CountedPast(createPast(), clock, counter, (ended) => {
    batches.push(counter.end(ended));
  });
  counts.live('hand', true);
  let number = 0;
  const position = () => ({ epoch: 1, number, time: clock.now() });
  const open = (query: string) => counts.open(track(query), position());
  function say(recordings: readonly Recording[], event: Partial<SentimentEvent> = {}) {
    number += 1;
    counts.event(
      eventAt(position(), event),
      recordings.map(({ slot }) => slot),
    );
  }
  /** What the running minute has of a topic. */
  function running(topic: string) {
    const known = counts.running(topic);
    return { ...known, counts: counter.running(topic) };
  }
  return { clock, batches, counts, open, say, position, running };
}

const seconds = (count: number) => count * 1000;

/** The minutes that the batches say were complete, in minutes after START. */
function completeMinutes(batches: readonly MinuteBatch[], topic: string): number[] {
  return batches
    .filter(({ complete }) => complete.includes(topic))
    .map(({ minute }) => (minute - START) / MINUTE - 1);
}

describe('counting', () => {
  test('sums up a minute by topic, source and polarity, and hands it over at its end', () => {
    const { clock, batches, open, say } = createCounts();
    const coffee = open('coffee');
    const tea = open('tea');
    open('cocoa');
    const tags = (...names: string[]) => names.map((tag) => ({ tag, count: 3 }));
    say([coffee], { polarityIndex: 0, score: 0.4215, hashtags: tags('b', 'a') });
    say([coffee, tea], { polarityIndex: 1, score: -0.2, hashtags: tags('b') });
    say([coffee], {
      polarityIndex: 2,
      score: 0,
      post: { id: '3', source: 'x', text: null, langs: [] },
    });
    clock.advance(MINUTE - 1);
    expect(batches).toEqual([]);
    clock.advance(1);
    expect(batches.map(({ minute, end }) => [minute, end.number])).toEqual([[START, 3]]);
    expect(batches[0]?.counts).toEqual(
      expect.arrayContaining([
        {
          topic: 'coffee',
          source: 'hand',
          positive: 1,
          negative: 1,
          neutral: 0,
          score: 2215,
          hashtags: [
            ['b', 2],
            ['a', 1],
          ],
        },
        {
          topic: 'coffee',
          source: 'x',
          positive: 0,
          negative: 0,
          neutral: 1,
          score: 0,
          hashtags: [],
        },
        {
          topic: 'tea',
          source: 'hand',
          positive: 0,
          negative: 1,
          neutral: 0,
          score: -2000,
          hashtags: [['b', 1]],
        },
      ]),
    );
    expect(batches[0]?.counts.length).toBe(3);
  });

  test('counts an event in the minute of its position, even before the clock rings', () => {
    const { clock, batches, open, say } = createCounts();
    const coffee = open('coffee');
    say([coffee]);
    clock.spend(MINUTE);
    expect(batches).toEqual([]);
    say([coffee, coffee]);
    expect(batches.map(({ minute, counts }) => [minute, counts[0]?.positive])).toEqual([
      [START, 1],
    ]);
    clock.advance(MINUTE);
    expect(batches.map(({ minute, counts }) => [minute, counts[0]?.positive])).toEqual([
      [START, 1],
      [START + MINUTE, 2],
    ]);
  });

  test('goes on in the running minute when the clock is set back', () => {
    const { clock, batches, open, say, running } = createCounts();
    const coffee = open('coffee');
    clock.advance(2 * MINUTE);
    say([coffee]);
    clock.set(START - 10 * MINUTE);
    say([coffee]);
    const tea = open('tea');
    say([tea]);
    expect(running('coffee').counts[0]?.positive).toBe(2);
    expect(running('tea')).toMatchObject({
      minute: START + 2 * MINUTE,
      completeFrom: START + 3 * MINUTE,
    });
    clock.set(START + 3 * MINUTE);
    say([coffee]);
    expect(batches.at(-1)?.counts.map(({ topic, positive }) => [topic, positive])).toEqual([
      ['coffee', 2],
      ['tea', 1],
    ]);
  });

  test('goes back with a clock that is set back by days', () => {
    const { clock, batches, open, say, counts } = createCounts();
    const coffee = open('coffee');
    for (const wrong of [4321 * MINUTE, 4321 * MINUTE]) {
      clock.set(START + wrong);
      say([coffee]);
      say([open('tea')]);
      clock.set(START + MINUTE);
      say([coffee, coffee]);
    }
    expect(counts.minute).toBe(START + MINUTE);
    clock.advance(4 * MINUTE);
    expect(
      batches.map(({ minute, counts: [row] }) => [(minute - START) / MINUTE, row?.positive]),
    ).toEqual([
      [0, undefined],
      [1, 2],
      [1, 2],
      [2, undefined],
      [3, undefined],
      [4, undefined],
    ]);
    expect(completeMinutes(batches, 'coffee')).toEqual([2, 3]);
    expect(completeMinutes(batches, 'tea')).toEqual([2, 3]);
  });

  test('counts a topic that is closed and opened again once more in the same minute', () => {
    const { clock, batches, open, say } = createCounts();
    const first = open('coffee');
    say([first]);
    first.close();
    say([open('coffee')]);
    clock.advance(MINUTE);
    expect(batches.map(({ minute, counts }) => [minute, counts[0]?.positive])).toEqual([
      [START, 1],
      [START, 1],
    ]);
    expect(batches[0]?.end.number).not.toBe(batches[1]?.end.number);
  });

  test('counts a topic apart from one that was closed in the same minute', () => {
    const { clock, batches, open, say, running } = createCounts();
    const tea = open('tea');
    const first = open('coffee');
    say([tea, first]);
    first.close();
    const cocoa = open('cocoa');
    say([tea, cocoa]);
    say([cocoa]);
    expect(running('coffee').counts).toMatchObject([{ positive: 1 }]);
    clock.advance(MINUTE);
    expect(batches[0]?.counts.map(({ topic, positive }) => [topic, positive])).toEqual([
      ['tea', 2],
      ['cocoa', 2],
      ['coffee', 1],
    ]);
  });

  test('hands over at once when nothing is followed any more, and keeps no timer', () => {
    const { clock, batches, open, say } = createCounts();
    expect(clock.pending).toBe(0);
    const [coffee, tea] = [open('coffee'), open('tea')];
    say([coffee]);
    coffee.close();
    expect(batches).toEqual([]);
    tea.close();
    expect(batches).toMatchObject([{ minute: START, counts: [{ topic: 'coffee' }] }]);
    expect(clock.pending).toBe(0);
    clock.advance(10 * MINUTE);
    expect(batches.length).toBe(1);
  });

  test('hands over the running minute when it is closed', () => {
    const { counts, batches, open, say, clock } = createCounts();
    say([open('coffee')]);
    counts.close();
    expect(batches).toMatchObject([{ minute: START, counts: [{ positive: 1 }] }]);
    expect(clock.pending).toBe(0);
  });

  test('bounds the hashtags of all topics in a minute, and counts on those that it knows', () => {
    const { clock, batches, open, say } = createCounts();
    const [coffee, tea] = [open('coffee'), open('tea')];
    const tags = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => ({ tag: `tag${from + i}`, count: 1 }));
    for (let from = 0; from < 100_000; from += 100) say([coffee], { hashtags: tags(from, 100) });
    say([tea], { hashtags: tags(99_999, 2) });
    clock.advance(MINUTE);
    const teaIn = (minute: number) => batches[minute]?.counts.find(({ topic }) => topic === 'tea');
    expect(teaIn(0)?.hashtags).toEqual([['tag99999', 1]]);
    // The next minute begins anew.
    say([tea], { hashtags: tags(100_000, 1) });
    clock.advance(MINUTE);
    expect(teaIn(1)?.hashtags).toEqual([['tag100000', 1]]);
  });

  test('bounds the hashtags of a topic and minute, and their length', () => {
    const { open, say, running } = createCounts();
    const coffee = open('coffee');
    for (let i = 0; i < 1000; i++) say([coffee], { hashtags: [{ tag: `tag${i}`, count: 1 }] });
    say([coffee], { hashtags: [{ tag: 'x'.repeat(1000), count: 1 }] });
    say([coffee], { hashtags: [{ tag: 'tag99', count: 1 }] });
    const [{ hashtags = [] } = {}] = running('coffee').counts;
    expect(hashtags.length).toBe(50);
    expect(hashtags[0]).toEqual(['tag99', 2]);
  });

  test('does not count again what another node kept of a topic', () => {
    const { counts, open, say, position, running } = createCounts();
    const since = position();
    const coffee = open('coffee');
    say([coffee]);
    const until = position();
    const event = eventAt({ ...until, number: 1 });
    const entries = [{ position: event.position, event }];
    counts.fill(track('coffee'), { since, until, entries, isAll: true });
    expect(running('coffee').counts).toMatchObject([{ positive: 1 }]);
  });

  test('leaves to another node what that one counts', () => {
    const { counts, clock, batches } = createCounts();
    const coffee = counts.open(track('coffee'));
    counts.event(eventAt({ epoch: 9, number: 1, time: START }), [coffee.slot]);
    coffee.gap({ epoch: 9, number: 2, time: START });
    coffee.close();
    clock.advance(5 * MINUTE);
    expect(batches).toEqual([]);
    const end = { epoch: 9, number: 3, time: START + MINUTE };
    counts.heard(end);
    // Messages of several nodes that counted may arrive in any order.
    counts.heard({ epoch: 8, number: 7, time: START });
    expect(counts.end).toEqual(end);
  });
});

describe('a minute is complete', () => {
  test('once the next one has passed without a loss', () => {
    const { clock, batches, open } = createCounts();
    clock.advance(seconds(30));
    open('coffee');
    clock.advance(5 * MINUTE);
    expect(batches.length).toBe(5);
    expect(completeMinutes(batches, 'coffee')).toEqual([1, 2, 3]);
  });

  test('from the very beginning, if the topic was opened then', () => {
    const { clock, batches, open, running } = createCounts();
    open('coffee');
    clock.advance(2 * MINUTE);
    expect(completeMinutes(batches, 'coffee')).toEqual([0]);
    expect(running('coffee').completeFrom).toBe(START);
  });

  test('as far as the sources of the topic are live, whichever others are out', () => {
    const { clock, batches, counts, open, position, running } = createCounts();
    open('coffee');
    counts.open(atSources(track('coffee'), ['hand']), position());
    clock.advance(2 * MINUTE);
    counts.live('x', false);
    clock.advance(2 * MINUTE);
    expect(running('coffee').completeFrom).toBe(Number.POSITIVE_INFINITY);
    counts.live('x', true);
    clock.advance(3 * MINUTE);
    // It rejects all that it is asked for.
    counts.live('x', false);
    clock.advance(seconds(30));
    counts.live('x', 'idle');
    counts.live('y', 'idle');
    clock.advance(3 * MINUTE);
    expect(completeMinutes(batches, 'coffee')).toEqual([0, 4, 5, 8]);
    expect(completeMinutes(batches, 'coffee [hand]')).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('though the topic is closed in the next one', () => {
    const { clock, batches, open } = createCounts();
    const coffee = open('coffee');
    clock.advance(MINUTE + seconds(30));
    coffee.close();
    clock.advance(5 * MINUTE);
    expect(completeMinutes(batches, 'coffee')).toEqual([0]);
  });

  test('unless all topics are closed too soon to know', () => {
    const { clock, batches, open } = createCounts();
    const coffee = open('coffee');
    clock.advance(MINUTE + seconds(29));
    coffee.close();
    clock.advance(5 * MINUTE);
    expect(completeMinutes(batches, 'coffee')).toEqual([]);
  });

  test('unless the source was down, or its loss was noticed soon after', () => {
    const { clock, batches, open, counts, running } = createCounts();
    open('coffee');
    clock.advance(3 * MINUTE + seconds(20));
    counts.live('hand', false);
    expect(running('coffee').completeFrom).toBe(Number.POSITIVE_INFINITY);
    clock.advance(2 * MINUTE);
    counts.live('hand', true);
    clock.advance(2 * MINUTE);
    // Something else about it has changed.
    counts.live('hand', true);
    clock.advance(2 * MINUTE);
    expect(completeMinutes(batches, 'coffee')).toEqual([0, 1, 6, 7]);
  });

  test('unless there was a gap, for this topic alone', () => {
    const { clock, batches, open, position } = createCounts();
    const coffee = open('coffee');
    open('tea');
    clock.advance(3 * MINUTE + seconds(20));
    coffee.gap(position());
    clock.advance(4 * MINUTE);
    expect(completeMinutes(batches, 'coffee')).toEqual([0, 1, 4, 5]);
    expect(completeMinutes(batches, 'tea')).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('unless its counts were lost', () => {
    const { clock, batches, counts, open, running } = createCounts();
    open('coffee');
    clock.advance(3 * MINUTE + seconds(20));
    counts.lost();
    expect(running('coffee').completeFrom).toBe(START + 4 * MINUTE);
    clock.advance(4 * MINUTE);
    expect(completeMinutes(batches, 'coffee')).toEqual([0, 1, 4, 5]);
  });

  test('unless the process slept through one', () => {
    const { clock, batches, open } = createCounts();
    open('coffee');
    clock.advance(3 * MINUTE);
    clock.set(clock.now() + 10 * MINUTE);
    clock.advance(4 * MINUTE);
    expect(completeMinutes(batches, 'coffee')).toEqual([0, 1, 15]);
  });
});

test('every event is counted once, and no minute is called complete that was not', () => {
  const topics = ['coffee', 'tea', 'cocoa'] as const;
  const topic = fc.constantFrom(...topics);
  const step = fc.oneof(
    fc.record({ kind: fc.constant('toggle' as const), topic }),
    fc.record({ kind: fc.constant('event' as const), topic }),
    fc.record({ kind: fc.constant('gap' as const), topic }),
    fc.record({ kind: fc.constant('live' as const), isLive: fc.boolean() }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(90_000), busy: fc.boolean() }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { clock, batches, open, say, counts, position } = createCounts();
      const opened = new Map<string, Recording>();
      const counted = new Map<string, number>();
      /** When every event of a topic was told, and since when that is so. */
      const following: { topic: string; from: number; to: number }[] = [];
      const follow = new Map<string, number>();
      let isLive = true;
      const stop = (name: string) => {
        const from = follow.get(name);
        if (from !== undefined) following.push({ topic: name, from, to: clock.now() });
        follow.delete(name);
      };
      for (const step of steps) {
        if (step.kind === 'wait') {
          if (step.busy) clock.spend(step.ms);
          clock.advance(step.busy ? 0 : step.ms);
        } else if (step.kind === 'live') {
          for (const name of [...follow.keys()]) if (!step.isLive) stop(name);
          isLive = step.isLive;
          counts.live('hand', isLive);
          if (isLive)
            for (const name of opened.keys()) if (!follow.has(name)) follow.set(name, clock.now());
        } else {
          const { topic: name } = step;
          const recording = opened.get(name);
          if (step.kind === 'toggle' && recording === undefined) {
            opened.set(name, open(name));
            if (isLive) follow.set(name, clock.now());
          } else if (step.kind === 'toggle') {
            recording?.close();
            opened.delete(name);
            stop(name);
          } else if (recording !== undefined && step.kind === 'event') {
            const minute = Math.floor(clock.now() / MINUTE) * MINUTE;
            counted.set(`${name} ${minute}`, (counted.get(`${name} ${minute}`) ?? 0) + 1);
            say([recording]);
          } else if (recording !== undefined) {
            recording.gap(position());
            if (follow.has(name)) {
              stop(name);
              follow.set(name, clock.now());
            }
          }
        }
      }
      counts.close();
      for (const name of [...follow.keys()]) stop(name);
      const sums = new Map<string, number>();
      for (const { minute, counts: rows, complete } of batches) {
        for (const { topic: name, positive } of rows) {
          sums.set(`${name} ${minute}`, (sums.get(`${name} ${minute}`) ?? 0) + positive);
        }
        for (const name of complete) {
          const isCovered = following.some(
            ({ topic: followed, from, to }) =>
              followed === name && from <= minute - MINUTE && minute <= to,
          );
          expect(isCovered).toBe(true);
        }
      }
      expect(sums).toEqual(counted);
    }),
    { numRuns: 500 },
  );
});
