// What one node keeps of a track fills what another one lacks.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Position } from '../../src/base/position.ts';
import { createAnalyzer, type SentimentEvent } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import type { PastReader, Start } from '../../src/stream/recorder.ts';
import { createPast } from '../support/keeping.ts';
import { track } from '../support/tracks.ts';

const analyze = createAnalyzer('full', vader);
const COFFEE = track('coffee');
const TEA = track('tea');
const MANY = 1000;

function at(number: number, epoch = 1): Position {
  return { epoch, number, time: 1000 * epoch + number };
}

function event(number: number, epoch = 1): SentimentEvent {
  const post = { id: `${epoch}.${number}`, source: 'hand', text: '', langs: [] };
  return { ...analyze(''), post, position: at(number, epoch) };
}

function readAll(reader: PastReader, most = 3): string[] {
  const told: string[] = [];
  for (;;) {
    const { gap, events } = reader.next(most);
    if (gap) told.push('gap');
    if (events.length === 0) return told;
    told.push(...events.map(({ post }) => post.id));
  }
}

type Past = ReturnType<typeof createPast>;

function resume(past: Past, after: Position) {
  const reader = past.read(COFFEE, { after });
  const told = readAll(reader);
  return [reader.isComplete ? 'recovered' : 'gap', ...(told[0] === 'gap' ? told.slice(1) : told)];
}

/** A past that knows everything of coffee since 0, with these events. */
function pastOf(...numbers: readonly number[]) {
  const past = createPast();
  const coffee = past.open(COFFEE, at(0));
  for (const number of numbers) past.event(event(number), [coffee.slot]);
  return { past, coffee };
}

/** Fills `to` with what `from` keeps. */
function fill(to: Past, from: Past, until: Position, ...starts: Start[]) {
  to.fill(COFFEE, from.stretch(COFFEE, starts, until, MANY));
}

describe('a stretch', () => {
  const { past } = pastOf(1, 3, 5, 7);
  const stretch = (starts: Start[], until = at(8), most = MANY) => {
    const { since, entries, isAll } = past.stretch(COFFEE, starts, until, most);
    return [since.number, entries.map(({ position }) => position.number), isAll];
  };

  test('has what comes after the earliest start, up to a place', () => {
    expect(stretch([{ after: at(3) }])).toEqual([3, [5, 7], false]);
    expect(stretch([{ after: at(4) }])).toEqual([3, [5, 7], false]);
    expect(stretch([{ after: at(6) }, { last: 3 }])).toEqual([1, [3, 5, 7], false]);
    expect(stretch([{ last: MANY }])).toEqual([0, [1, 3, 5, 7], true]);
    expect(stretch([{ after: at(0) }], at(5))).toEqual([0, [1, 3, 5], true]);
    expect(stretch([{ after: at(8) }])).toEqual([7, [], false]);
  });

  test('has the newest entries if there are too many', () => {
    expect(stretch([{ after: at(0) }], at(8), 2)).toEqual([3, [5, 7], false]);
  });

  test('of a track that is not kept says that nothing is known', () => {
    const { since, entries, isAll } = past.stretch(TEA, [{ last: 9 }], at(8), MANY);
    expect([since, entries, isAll]).toEqual([at(8), [], true]);
  });

  test('is of one epoch, and begins where that does', () => {
    const own = createPast();
    const heard = own.open(COFFEE);
    own.event(event(5, 1), [heard.slot]);
    const made = own.open(COFFEE, at(1, 2));
    for (const number of [2, 3]) own.event(event(number, 2), [made.slot]);
    const { since, entries, isAll } = own.stretch(COFFEE, [{ after: at(5) }], at(9, 2), MANY);
    expect([since, entries.map(({ position }) => position.number)]).toEqual([at(1, 2), [2, 3]]);
    expect(isAll).toBe(true);
  });

  test('has no deleted posts, and the gaps of the source', () => {
    const { past: own, coffee } = pastOf(1, 2);
    coffee.gap(at(3));
    own.event(event(4), [coffee.slot]);
    own.deleted({ source: 'hand', id: '1.1' });
    const { entries } = own.stretch(COFFEE, [{ after: at(0) }], at(4), MANY);
    expect(entries.map(({ position, event: made }) => [position.number, made?.post.id])).toEqual([
      [2, '1.2'],
      [3, undefined],
      [4, '1.4'],
    ]);
  });
});

describe('a node that is filled', () => {
  test('knows what came before its first event', () => {
    const { past: from } = pastOf(1, 3, 5, 7);
    const past = createPast();
    past.event(event(7), [past.open(COFFEE).slot]);
    expect(resume(past, at(3))).toEqual(['gap', '1.7']);
    fill(past, from, at(7), { after: at(3) });
    expect(resume(past, at(3))).toEqual(['recovered', '1.5', '1.7']);
    expect(resume(past, at(1))).toEqual(['gap', '1.5', '1.7']);
    fill(past, from, at(3), { after: at(0) });
    expect(resume(past, at(0))).toEqual(['recovered', '1.1', '1.3', '1.5', '1.7']);
  });

  test('knows that there was no event', () => {
    const { past: from } = pastOf();
    const past = createPast();
    const coffee = past.open(COFFEE);
    fill(past, from, at(9), { after: at(5) });
    past.event(event(12), [coffee.slot]);
    expect(resume(past, at(5))).toEqual(['recovered', '1.12']);
  });

  test('brings back events that were lost on the way', () => {
    const { past: from } = pastOf(1, 3, 5, 7);
    const past = createPast();
    const coffee = past.open(COFFEE);
    past.event(event(1), [coffee.slot]);
    coffee.gap(at(6));
    past.event(event(7), [coffee.slot]);
    fill(past, from, at(7), { after: at(1) });
    expect(resume(past, at(1))).toEqual(['recovered', '1.3', '1.5', '1.7']);
  });

  test('still reports what is missing before the stretch', () => {
    const { past: from } = pastOf(1, 3, 5, 7);
    const past = createPast();
    const coffee = past.open(COFFEE);
    past.event(event(1), [coffee.slot]);
    coffee.gap(at(6));
    past.event(event(7), [coffee.slot]);
    fill(past, from, at(7), { after: at(3) });
    expect(resume(past, at(1))).toEqual(['gap', '1.5', '1.7']);
    expect(resume(past, at(3))).toEqual(['recovered', '1.5', '1.7']);
  });

  test('keeps what it knows of an earlier epoch, before a gap', () => {
    const from = createPast();
    const made = from.open(COFFEE, at(0, 2));
    for (const number of [1, 2]) from.event(event(number, 2), [made.slot]);
    const past = createPast();
    const coffee = past.open(COFFEE);
    past.event(event(8, 1), [coffee.slot]);
    past.event(event(9, 1), [coffee.slot]);
    fill(past, from, at(2, 2), { after: at(8, 1) });
    expect(resume(past, at(8, 1))).toEqual(['gap', '1.9', 'gap', '2.1', '2.2']);
    expect(resume(past, at(1, 2))).toEqual(['recovered', '2.2']);
  });

  test('forgets a deleted post that another track has, too', () => {
    const { past: from } = pastOf(1, 2);
    const past = createPast();
    past.open(COFFEE);
    const tea = past.open(TEA);
    past.event(event(1), [tea.slot]);
    fill(past, from, at(2), { after: at(0) });
    past.deleted({ source: 'hand', id: '1.1' });
    expect(resume(past, at(0))).toEqual(['recovered', '1.2']);
    expect(readAll(past.read(TEA, { last: 9 }))).toEqual([]);
  });

  test('keeps no more than it may', () => {
    const { past: from } = pastOf(1, 2, 3, 4);
    const past = createPast({ recentEvents: 3 });
    const coffee = past.open(COFFEE);
    past.event(event(4), [coffee.slot]);
    fill(past, from, at(4), { after: at(0) });
    expect(resume(past, at(1))).toEqual(['recovered', '1.2', '1.3', '1.4']);
    expect(resume(past, at(0))).toEqual(['gap', '1.2', '1.3', '1.4']);
    // Older ones have no room.
    fill(past, from, at(0), { after: at(0) });
    expect(resume(past, at(1))).toEqual(['recovered', '1.2', '1.3', '1.4']);
    coffee.close();
    expect(past.bytes).toBe(0);
  });

  const steps = fc.array(
    fc.oneof(
      { weight: 8, arbitrary: fc.constant({ does: 'event' as const, value: 0 }) },
      ...(['lost', 'gap', 'delete', 'open'] as const).map((does) => ({
        weight: 1,
        arbitrary: fc.record({ does: fc.constant(does), value: fc.nat(60) }),
      })),
      ...(['fill', 'resume', 'read'] as const).map((does) => ({
        weight: 2,
        arbitrary: fc.record({ does: fc.constant(does), value: fc.nat(60) }),
      })),
    ),
    { maxLength: 80 },
  );

  test('whatever happens, a listener reads each event once and in order, and is told the truth', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 3, max: 100 }), (all, recentEvents) => {
        const from = createPast();
        const source = from.open(COFFEE, at(0));
        const past = createPast({ recentEvents });
        let heard = past.open(COFFEE);
        const events: number[] = [];
        const deleted = new Set<number>();
        const gaps: number[] = [];
        const readers: { reader: PastReader; from: number; told: (number | 'gap')[] }[] = [];
        let number = 0;
        let hasLost = false;
        const read = (each: (typeof readers)[number], most: number) => {
          const { gap, events: next } = each.reader.next(most);
          if (gap) each.told.push('gap');
          each.told.push(...next.map(({ position }) => position.number));
          return next.length > 0;
        };
        for (const { does, value } of all) {
          if (does === 'event' || does === 'lost') {
            number += 1;
            events.push(number);
            from.event(event(number), [source.slot]);
            if (does === 'lost') hasLost = true;
            else {
              if (hasLost) heard.gap(at(number - 1));
              past.event(event(number), [heard.slot]);
              hasLost = false;
            }
          } else if (does === 'gap') {
            number += 1;
            gaps.push(number);
            source.gap(at(number));
            hasLost = true;
          } else if (does === 'delete') {
            const chosen = events[value % (events.length || 1)] ?? 0;
            deleted.add(chosen);
            from.deleted({ source: 'hand', id: `1.${chosen}` });
            past.deleted({ source: 'hand', id: `1.${chosen}` });
          } else if (does === 'open') {
            for (const each of readers) while (read(each, 5));
            readers.length = 0;
            heard.close();
            heard = past.open(COFFEE);
            hasLost = false;
          } else if (does === 'fill') {
            const after = at(value % (number + 1));
            fill(past, from, at(number), { after });
            hasLost = false;
          } else if (does === 'resume') {
            const start = value % (number + 1);
            const reader = past.read(COFFEE, { after: at(start) });
            const told = reader.isComplete ? [] : ['gap' as const];
            readers.push({ reader, from: start, told });
          } else for (const each of readers) read(each, 1 + (value % 4));
        }
        if (hasLost) heard.gap(at(number));
        for (const each of readers) while (read(each, 5));
        for (const { from: start, told } of readers) {
          let last = start;
          let isTold = false;
          for (const each of told) {
            isTold ||= each === 'gap';
            if (each === 'gap') continue;
            expect(each).toBeGreaterThan(last);
            const between = [...events, ...gaps].filter((one) => one > last && one < each);
            if (!isTold) {
              expect(between.filter((one) => !deleted.has(one))).toEqual([]);
            }
            last = each;
            isTold = false;
          }
        }
        heard.close();
        expect(past.bytes).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });
});
