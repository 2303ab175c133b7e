import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Position } from '../../src/base/position.ts';
import type { RecentEvents } from '../../src/history/recent-events.ts';
import { createAnalyzer, type SentimentEvent } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import type { PastReader } from '../../src/stream/recorder.ts';
import { createPast } from '../support/keeping.ts';
import { track } from '../support/tracks.ts';

const analyze = createAnalyzer('full', vader);
const COFFEE = track('coffee');
const TEA = track('tea');

function at(number: number, epoch = 1): Position {
  return { epoch, number, time: 1000 * epoch + number };
}

function event(number: number, epoch = 1, text = ''): SentimentEvent {
  const post = { id: `${epoch}.${number}`, source: 'hand', text, langs: [] };
  return { ...analyze(text), post, position: at(number, epoch) };
}

/** Everything that a reader has to say, a few events at a time. */
function readAll(reader: PastReader, most = 3): (string | 'gap')[] {
  const told: string[] = [];
  for (;;) {
    const { gap, events } = reader.next(most);
    if (gap) told.push('gap');
    if (events.length === 0) return told;
    told.push(...events.map(({ post }) => post.id));
  }
}

function resume(past: RecentEvents, after: Position) {
  const reader = past.read(COFFEE, { after });
  return { isComplete: reader.isComplete, told: readAll(reader) };
}

describe('recent events', () => {
  test('a listener reads what came after its position, and nothing is missing', () => {
    const past = createPast();
    const coffee = past.open(COFFEE, at(0));
    for (const number of [1, 3, 4]) past.event(event(number), [coffee.slot]);
    expect(resume(past, at(0))).toEqual({ isComplete: true, told: ['1.1', '1.3', '1.4'] });
    expect(resume(past, at(1))).toEqual({ isComplete: true, told: ['1.3', '1.4'] });
    // An event of another track.
    expect(resume(past, at(2))).toEqual({ isComplete: true, told: ['1.3', '1.4'] });
    expect(resume(past, at(4))).toEqual({ isComplete: true, told: [] });
  });

  test('silence costs no events: a rare track can be resumed after any time', () => {
    const past = createPast();
    past.event(event(1), [past.open(COFFEE, at(0)).slot]);
    const tea = past.open(TEA, at(1));
    for (let number = 2; number < 5000; number += 1) past.event(event(number), [tea.slot]);
    expect(resume(past, at(1))).toEqual({ isComplete: true, told: [] });
  });

  test('keeps an event of any number of tracks, and any number of events until they are read', () => {
    const past = createPast();
    const tracks = Array.from({ length: 40_000 }, (_, i) => track(`topic${i}`));
    const slots = tracks.map((each) => past.open(each, at(0)).slot);
    const some = slots.slice(0, 20);
    past.event(event(1), some);
    past.event(event(2), slots);
    for (let number = 3; number <= 5000; number += 1) past.event(event(number), some.slice(0, 10));
    const told = (i: number) => readAll(past.read(tracks[i] ?? COFFEE, { after: at(0) }));
    expect([10, 19, 20, 39_999].map(told)).toEqual([
      ['1.1', '1.2'],
      ['1.1', '1.2'],
      ['1.2'],
      ['1.2'],
    ]);
    expect(told(0).slice(-1000)).toEqual(Array.from({ length: 1000 }, (_, i) => `1.${i + 4001}`));
  });

  test('a position before the track was opened is incomplete', () => {
    const past = createPast();
    past.event(event(6), [past.open(COFFEE, at(5)).slot]);
    expect(resume(past, at(4))).toEqual({ isComplete: false, told: ['1.6'] });
    expect(resume(past, at(5))).toEqual({ isComplete: true, told: ['1.6'] });
  });

  test('an event that was given up makes earlier positions incomplete', () => {
    const past = createPast({ recentEvents: 2 });
    const coffee = past.open(COFFEE, at(0));
    for (const number of [1, 2, 3]) past.event(event(number), [coffee.slot]);
    expect(resume(past, at(0))).toEqual({ isComplete: false, told: ['1.2', '1.3'] });
    expect(resume(past, at(1))).toEqual({ isComplete: true, told: ['1.2', '1.3'] });
  });

  test('keeps nothing if it may keep no events', () => {
    const past = createPast({ recentEvents: 0 });
    const coffee = past.open(COFFEE, at(0));
    const tea = past.open(TEA, at(0));
    const shared = event(1);
    past.event(shared, [coffee.slot]);
    past.event(shared, [tea.slot]);
    expect(resume(past, at(0))).toEqual({ isComplete: false, told: [] });
    expect(resume(past, at(1))).toEqual({ isComplete: true, told: [] });
    expect(past.bytes).toBe(0);
  });

  test('a gap since the position makes it incomplete, and is reported where it is', () => {
    const past = createPast();
    const coffee = past.open(COFFEE, at(0));
    past.event(event(1), [coffee.slot]);
    past.event(event(2), [coffee.slot]);
    coffee.gap(at(3));
    past.event(event(4), [coffee.slot]);
    expect(resume(past, at(1))).toEqual({ isComplete: false, told: ['1.2', 'gap', '1.4'] });
    expect(resume(past, at(2))).toEqual({ isComplete: false, told: ['gap', '1.4'] });
    expect(resume(past, at(3))).toEqual({ isComplete: true, told: ['1.4'] });
    expect(resume(past, at(4))).toEqual({ isComplete: true, told: [] });
  });

  test('a gap of many tracks is kept once for all', () => {
    const past = createPast();
    const recordings = Array.from({ length: 5000 }, (_, i) => past.open(track(`topic${i}`), at(0)));
    const position = at(1);
    for (const recording of recordings) recording.gap(position);
    expect(past.bytes).toBeLessThan(5000 * 20);
    for (const number of [0, 1, 2, 4999]) {
      const reader = past.read(track(`topic${number}`), { after: at(0) });
      expect([reader.isComplete, readAll(reader)]).toEqual([false, ['gap']]);
    }
    for (const recording of recordings) recording.close();
    expect(past.bytes).toBe(0);
  });

  test('a gap that comes while a listener catches up is reported where it is', () => {
    const past = createPast();
    const coffee = past.open(COFFEE, at(0));
    for (const number of [1, 2]) past.event(event(number), [coffee.slot]);
    const reader = past.read(COFFEE, { after: at(0) });
    expect(reader.isComplete).toBe(true);
    coffee.gap(at(3));
    past.event(event(4), [coffee.slot]);
    expect(readAll(reader, 10)).toEqual(['1.1', '1.2', 'gap', '1.4']);
  });

  test('a listener that is overtaken while it catches up learns of the gap', () => {
    const past = createPast({ recentEvents: 3, recentBytes: 1_000_000 });
    const coffee = past.open(COFFEE, at(0));
    for (const number of [1, 2, 3]) past.event(event(number), [coffee.slot]);
    const reader = past.read(COFFEE, { after: at(0) });
    expect(reader.next(1).events.map(({ post }) => post.id)).toEqual(['1.1']);
    // Until a sweep comes, all can be read.
    for (let number = 4; number <= 9000; number += 1) past.event(event(number), [coffee.slot]);
    expect(readAll(reader)).toEqual(['gap', '1.8998', '1.8999', '1.9000']);
  });

  test('a listener learns of the gap when its track gives up what it has yet to read', () => {
    const past = createPast({ recentBytes: 30_000 });
    const coffee = past.open(COFFEE, at(0));
    const tea = past.open(TEA, at(0));
    for (const number of [1, 2, 3]) past.event(event(number), [coffee.slot]);
    const reader = past.read(COFFEE, { after: at(0) });
    expect(reader.next(1).events.map(({ post }) => post.id)).toEqual(['1.1']);
    coffee.wanted(false);
    for (let number = 4; number < 100; number += 1) past.event(event(number), [tea.slot]);
    past.event(event(100), [coffee.slot]);
    expect(readAll(reader)).toContain('gap');
  });

  test('a position of another epoch is incomplete, and what came after its time follows', () => {
    const past = createPast();
    const coffee = past.open(COFFEE, at(0, 2));
    past.event(event(1, 2), [coffee.slot]);
    expect(resume(past, at(9, 1))).toEqual({ isComplete: false, told: ['2.1'] });
    expect(resume(past, { ...at(9, 1), time: 1_000_000 })).toEqual({ isComplete: false, told: [] });
  });

  test('a new epoch begins with a gap, and its own positions are complete', () => {
    const past = createPast();
    // A node that gets its events from another one does not know where they begin.
    const coffee = past.open(COFFEE);
    past.event(event(7, 1), [coffee.slot]);
    past.event(event(8, 1), [coffee.slot]);
    past.event(event(1, 2), [past.open(COFFEE, at(0, 2)).slot]);
    expect(resume(past, at(7, 1))).toEqual({ isComplete: false, told: ['1.8', 'gap', '2.1'] });
    expect(resume(past, at(0, 2))).toEqual({ isComplete: true, told: ['2.1'] });
    expect(resume(past, at(1, 2))).toEqual({ isComplete: true, told: [] });
  });

  test('a post that a new epoch repeats is kept once', () => {
    const past = createPast();
    const coffee = past.open(COFFEE, at(0, 1));
    const tea = past.open(TEA, at(0, 1));
    past.event(event(1, 1), [coffee.slot, tea.slot]);
    const milk = past.open(track('milk'), at(0, 2));
    const repeated = { ...event(1, 2), post: event(1, 1).post };
    for (const recording of [coffee, tea, milk]) recording.gap(at(0, 2));
    past.event(repeated, [coffee.slot, tea.slot, milk.slot]);
    const told = () =>
      [COFFEE, TEA, track('milk')].map((each) => readAll(past.read(each, { after: at(0, 1) })));
    expect(told()).toEqual([
      ['1.1', 'gap'],
      ['1.1', 'gap'],
      ['gap', '1.1'],
    ]);
    past.deleted({ source: 'hand', id: '1.1' });
    expect(told()).toEqual([['gap'], ['gap'], ['gap']]);
    for (const recording of [coffee, tea, milk]) recording.close();
    expect(past.bytes).toBe(0);
  });

  test('a post that a new epoch repeats is kept once, however many came in between', () => {
    const past = createPast();
    const coffee = past.open(COFFEE, at(0, 1));
    for (const number of [1, 2]) past.event(event(number, 1), [coffee.slot]);
    coffee.gap(at(0, 2));
    for (const number of [1, 2]) past.event(event(number, 2), [coffee.slot]);
    past.event({ ...event(3, 2), post: event(2, 1).post }, [coffee.slot]);
    const told = readAll(past.read(COFFEE, { last: 9 }));
    expect(told).toEqual(['1.1', '1.2', 'gap', '2.1', '2.2']);
  });

  test('a post that comes in a third epoch is kept once, whichever epoch each track has it from', () => {
    const past = createPast();
    const coffee = past.open(COFFEE, at(0, 1));
    past.event(event(1, 1), [coffee.slot]);
    const tea = past.open(TEA, at(0, 2));
    coffee.gap(at(0, 2));
    const again = (epoch: number) => ({ ...event(1, epoch), post: event(1, 1).post });
    past.event(again(2), [coffee.slot, tea.slot]);
    for (const recording of [coffee, tea]) recording.gap(at(0, 3));
    past.event(again(3), [coffee.slot, tea.slot]);
    const told = [COFFEE, TEA].map((each) => readAll(past.read(each, { last: 9 })));
    expect(told).toEqual([
      ['1.1', 'gap'],
      ['1.1', 'gap'],
    ]);
  });

  test('the newest events are those that are kept, and no fewer than asked for', () => {
    const past = createPast();
    const coffee = past.open(COFFEE, at(0));
    const newest = (last: number) => readAll(past.read(COFFEE, { last }));
    expect(newest(2)).toEqual([]);
    for (const number of [1, 2, 3]) past.event(event(number), [coffee.slot]);
    expect(newest(2)).toEqual(['1.2', '1.3']);
    expect(newest(100)).toEqual(['1.1', '1.2', '1.3']);
    expect(newest(0)).toEqual([]);
    past.deleted({ source: 'hand', id: '1.2' });
    expect(newest(2)).toEqual(['1.1', '1.3']);
  });

  test('what the source deletes is not read any more, even by a listener that catches up', () => {
    const past = createPast();
    const coffee = past.open(COFFEE, at(0));
    for (const number of [1, 2, 3]) past.event(event(number), [coffee.slot]);
    const before = past.bytes;
    const reader = past.read(COFFEE, { after: at(0) });
    past.deleted({ source: 'hand', id: '1.2' });
    past.deleted({ source: 'hand', id: 'never seen' });
    expect(past.bytes).toBeLessThan(before);
    expect(readAll(reader)).toEqual(['1.1', '1.3']);
    expect(resume(past, at(1))).toEqual({ isComplete: true, told: ['1.3'] });
  });

  test('a track that is closed gives back all that it kept', () => {
    const past = createPast();
    const coffee = past.open(COFFEE, at(0));
    const tea = past.open(TEA, at(0));
    const shared = event(1, 1, 'x'.repeat(100));
    past.event(shared, [coffee.slot]);
    past.event(shared, [tea.slot]);
    const both = past.bytes;
    coffee.close();
    expect(past.bytes).toBeLessThan(both);
    expect(past.bytes).toBeGreaterThan(100);
    tea.close();
    expect(past.bytes).toBe(0);
    expect(resume(past, at(0))).toEqual({ isComplete: false, told: [] });
  });

  test('unwanted tracks lose their events first, then those wanted longest ago', () => {
    const past = createPast({ recentBytes: 100_000 });
    const recordings = ['milk', 'tea', 'coffee'].map((query) => ({
      track: track(query),
      recording: past.open(track(query), at(0)),
    }));
    const kept = () =>
      recordings.map((each) => readAll(past.read(each.track, { after: at(0) })).length);
    let number = 1;
    for (const { recording } of recordings) {
      for (let i = 0; i < 40; i += 1) past.event(event(number++), [recording.slot]);
    }
    expect(kept()).toEqual([40, 40, 40]);
    // Reading counts as wanting: now milk is the one that was wanted longest ago, and tea is not wanted at all.
    recordings[1]?.recording.wanted(false);
    const last = recordings.slice(2).map(({ recording }) => recording.slot);
    for (let i = 0; i < 80; i += 1) past.event(event(number++), last);
    const count = (query: string) => readAll(past.read(track(query), { after: at(0) })).length;
    expect([count('milk') > 0, count('tea'), count('coffee')]).toEqual([true, 0, 120]);
    expect(past.bytes).toBeLessThanOrEqual(101_000);
  });

  test('never takes more than it may, and by the end gives everything back', () => {
    const queries = ['milk', 'tea', 'coffee'];
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            tracks: fc.subarray(queries),
            length: fc.nat(3000),
            gap: fc.boolean(),
            deletes: fc.boolean(),
          }),
          { maxLength: 200 },
        ),
        (steps) => {
          const past = createPast({ recentEvents: 20, recentBytes: 30_000 });
          const recordings = new Map(
            queries.map((query) => [query, past.open(track(query), at(0))]),
          );
          for (const [i, { tracks, length, gap, deletes }] of steps.entries()) {
            const made = event(2 * i + 2, 1, '1'.repeat(length));
            const matched = [...recordings].filter(([query]) => tracks.includes(query));
            for (const [, recording] of matched) if (gap) recording.gap(at(2 * i + 1));
            past.event(
              made,
              matched.map(([, { slot }]) => slot),
            );
            if (deletes) past.deleted({ source: 'hand', id: `1.${2 * i}` });
            // One event more, before the next one makes room.
            expect(past.bytes).toBeLessThan(30_000 + 7000);
          }
          for (const recording of recordings.values()) recording.close();
          expect(past.bytes).toBe(0);
        },
      ),
    );
  });

  test('never takes more for gaps alone, while no posts come', () => {
    const past = createPast({ recentBytes: 30_000 });
    const recordings = ['milk', 'tea', 'coffee'].map((query) => past.open(track(query), at(0)));
    for (let number = 1; number < 500; number += 1) {
      for (const recording of recordings) recording.gap(at(number));
      expect(past.bytes).toBeLessThan(31_000);
    }
    expect(resume(past, at(499)).isComplete).toBe(true);
  });

  /** What happens to one track, as a list that forgets nothing would have it. */
  const steps = fc.array(
    fc.oneof(
      { weight: 8, arbitrary: fc.constant('event' as const) },
      { weight: 2, arbitrary: fc.constant('other' as const) },
      { weight: 1, arbitrary: fc.constant('gap' as const) },
      { weight: 1, arbitrary: fc.constant('delete' as const) },
    ),
    { maxLength: 60 },
  );

  test('whatever happens, a listener gets each kept event once and in order, and is told the truth', () => {
    fc.assert(
      fc.property(steps, steps, fc.nat(70), fc.nat(20), (before, during, from, most) => {
        const past = createPast({ recentEvents: 20 });
        const coffee = past.open(COFFEE, at(0));
        const all: { number: number; id: string }[] = [];
        const gaps: number[] = [];
        const deleted = new Set<string>();
        let number = 0;
        const happen = (step: 'event' | 'other' | 'gap' | 'delete') => {
          if (step === 'delete') {
            const id = all.at(-3)?.id ?? '';
            deleted.add(id);
            past.deleted({ source: 'hand', id: id });
            return;
          }
          number += 1;
          if (step === 'event') {
            past.event(event(number), [coffee.slot]);
            all.push({ number, id: `1.${number}` });
          }
          if (step === 'gap') {
            coffee.gap(at(number));
            gaps.push(number);
          }
        };
        for (const step of before) happen(step);
        const after = Math.min(from, number);
        const reader = past.read(COFFEE, { after: at(after) });
        const told: string[] = [];
        let wasOvertaken = false;
        for (const step of during) {
          happen(step);
          if (number % 2 === 0) continue;
          const { gap, events } = reader.next(1 + most);
          wasOvertaken ||= gap;
          told.push(...events.map(({ post }) => post.id));
        }
        const rest = readAll(reader);
        wasOvertaken ||= rest.includes('gap');
        told.push(...rest.filter((each) => each !== 'gap'));
        const missed = all.filter((each) => each.number > after);
        const expected = missed.map(({ id }) => id).filter((id) => !deleted.has(id));
        const undeleted = told.filter((id) => !deleted.has(id));
        // In order, each once: a subsequence of what happened.
        let position = -1;
        for (const id of undeleted) {
          const next = expected.indexOf(id);
          expect(next).toBeGreaterThan(position);
          position = next;
        }
        if (reader.isComplete && !wasOvertaken) {
          expect(undeleted).toEqual(expected);
          expect(gaps.filter((gap) => gap > after)).toEqual([]);
        }
      }),
      { numRuns: 500 },
    );
  });
});
