import { describe, expect, test } from 'vitest';
import {
  Cursor,
  MAX_SKEW_MS,
  OTHER_HOST_OVERLAP_MS,
  OWN_TIME_OVERLAP_MS,
  SAME_HOST_OVERLAP_MS,
} from '../../../src/source/bluesky/cursor.ts';

const NOW = Date.UTC(2026, 0, 1);
const A = 'ws://a.example';
const B = 'ws://b.example';

/** A cursor after events with these times, in milliseconds after NOW. */
function heard(...times: number[]): Cursor {
  const cursor = new Cursor();
  cursor.begin(A, NOW);
  for (const ms of times) cursor.note({ timeUs: at(ms) }, NOW + ms);
  return cursor;
}

/** The same on a host that numbers its events from 1 on. */
function numbered(...times: number[]): Cursor {
  const cursor = new Cursor();
  cursor.begin(A, NOW);
  for (const [i, ms] of times.entries()) cursor.note({ timeUs: at(ms), seq: i + 1 }, NOW + ms);
  return cursor;
}

function at(ms: number): number {
  return (NOW + ms) * 1000;
}

describe('the cursor', () => {
  test('begins at now, at first and after it was forgotten', () => {
    const cursor = heard(0, 20);
    cursor.forget();
    expect(new Cursor().begin(A, NOW)).toBeUndefined();
    expect(cursor.begin(A, NOW + 40)).toBeUndefined();
  });

  test('goes back to a little before the first connection when that brought nothing', () => {
    const cursor = heard();
    expect(cursor.begin(B, NOW + 500)).toBe(at(-OWN_TIME_OVERLAP_MS));
    expect(cursor.begin(A, NOW + 1500)).toBe(at(-OWN_TIME_OVERLAP_MS));
  });

  test.each([
    ['we listened until just before', 0, undefined],
    ['we listened until a little before', OTHER_HOST_OVERLAP_MS, undefined],
    ['nobody listened for a while', OTHER_HOST_OVERLAP_MS + 1, 'gap'],
  ])(
    'says whether the first post of all, which comes late, may miss others: %s',
    (_, ms, expected) => {
      const cursor = heard();
      cursor.listenedUntil(NOW + 600_000);
      cursor.begin(B, NOW + 600_000 + ms);
      expect(cursor.note({ timeUs: at(3_600_000) }, NOW + 3_600_000)).toBe(expected);
    },
  );

  test('forgets how long we listened', () => {
    const cursor = heard();
    cursor.listenedUntil(NOW);
    cursor.forget();
    cursor.begin(A, NOW + 1000);
    cursor.begin(A, NOW + 2000);
    expect(cursor.note({ timeUs: at(60_000) }, NOW + 60_000)).toBe('gap');
  });

  test('is a number on the same host if it has one, and a time on another or without it', () => {
    expect(numbered(0, 20, 40).begin(A, NOW + 60)).toBe(2);
    expect(numbered(0, 20, 40).begin(B, NOW + 60)).toBe(at(20 - OTHER_HOST_OVERLAP_MS));
    const cursor = numbered(0, 20, 40);
    cursor.forgetNumber();
    expect(cursor.begin(A, NOW + 60)).toBe(at(20 - SAME_HOST_OVERLAP_MS));
  });

  test('goes back a little on the same host, and further on another', () => {
    expect(heard(0, 20, 40).begin(A, NOW + 60)).toBe(at(20 - SAME_HOST_OVERLAP_MS));
    expect(heard(0, 20, 40).begin(B, NOW + 60)).toBe(at(20 - OTHER_HOST_OVERLAP_MS));
  });

  test.each([2 * MAX_SKEW_MS, -2 * MAX_SKEW_MS])(
    'is stuck when all events are %i ms from our time, and not when one of them is',
    (ms) => {
      expect(heard().isStuck).toBe(false);
      expect(heard(20, 40, 60).isStuck).toBe(false);
      const cursor = heard();
      cursor.note({ timeUs: at(ms) }, NOW);
      expect(cursor.isStuck).toBe(false);
      cursor.note({ timeUs: at(ms + 20) }, NOW + 20);
      expect(cursor.isStuck).toBe(true);
      cursor.note({ timeUs: at(40) }, NOW + 40);
      cursor.note({ timeUs: at(60) }, NOW + 60);
      expect(cursor.isStuck).toBe(false);
    },
  );

  test('stays with the first host until the other one has caught up', () => {
    const cursor = heard(0, 20, 40);
    cursor.begin(B, NOW + 60);
    cursor.note({ timeUs: at(-9000) }, NOW + 70);
    cursor.note({ timeUs: at(-8000) }, NOW + 70);
    expect(cursor.begin(B, NOW + 80)).toBe(at(20 - OTHER_HOST_OVERLAP_MS));
    for (const ms of [10, 30, 50]) cursor.note({ timeUs: at(ms) }, NOW + 90);
    expect(cursor.begin(B, NOW + 100)).toBe(at(30 - SAME_HOST_OVERLAP_MS));
  });

  test('resumes after a break of any length, and moves on while the host catches up', () => {
    const cursor = heard(0, 20);
    const later = NOW + 100 * 3_600_000;
    expect(cursor.begin(A, later)).toBe(at(0 - SAME_HOST_OVERLAP_MS));
    for (const ms of [-20, 0, 20, 40, 60]) cursor.note({ timeUs: at(ms) }, later);
    expect(cursor.begin(A, later)).toBe(at(40 - SAME_HOST_OVERLAP_MS));
  });

  test('takes the time of a host whose clock is behind ours', () => {
    const cursor = new Cursor();
    cursor.begin(A, NOW);
    for (const ms of [0, 20, 40]) cursor.note({ timeUs: at(ms - 90_000) }, NOW + ms);
    expect(cursor.reached).toBe(at(20 - 90_000));
  });

  test.each([
    ['the last event comes again', A, 0, undefined],
    ['the first event is a later one', A, 21, 'gap'],
    ['the first event is hours later', A, 3_600_000, 'gap'],
    ['the first event of another host is a little later', B, OTHER_HOST_OVERLAP_MS, undefined],
    ['the first event of another host is much later', B, OTHER_HOST_OVERLAP_MS + 1, 'gap'],
  ])('says whether events may be missing when %s', (_, host, ms, expected) => {
    const cursor = heard(0, 0, 20);
    cursor.begin(host, NOW + 7_200_000);
    expect(cursor.note({ timeUs: at(ms) }, NOW + 7_200_000)).toBe(expected);
    expect(cursor.note({ timeUs: at(ms + 7_000_000) }, NOW + 7_200_000)).toBeUndefined();
  });

  test.each([
    ['at its event', 0, undefined],
    ['a little later', 20, 'gap'],
    ['much earlier', -OTHER_HOST_OVERLAP_MS - 1, 'wrong place'],
    ['much later', OTHER_HOST_OVERLAP_MS + 1, 'wrong place'],
  ])('says whether a number has led to the right place: %s', (_, ms, expected) => {
    const cursor = numbered(-20, 0, 20);
    expect(cursor.begin(A, NOW + 60_000)).toBe(2);
    expect(cursor.note({ timeUs: at(ms), seq: 2 }, NOW + 60_000)).toBe(expected);
  });

  test('misses nothing on the first connection', () => {
    const cursor = new Cursor();
    cursor.begin(A, NOW);
    expect(cursor.note({ timeUs: at(3_600_000) }, NOW + 3_600_000)).toBeUndefined();
  });

  test.each([
    ['the first year', 1],
    ['an hour ago', at(-3_600_000)],
    ['a minute ago', at(-60_000)],
    ['in a minute', at(60_000)],
    ['in ten minutes', at(MAX_SKEW_MS + 61)],
    ['in a century', at(3_155_760_000_000)],
    ['the end of numbers', Number.MAX_SAFE_INTEGER],
  ])('does not move for a single event from %s', (_, wrong) => {
    const cursor = heard(0, 20, 40);
    cursor.note({ timeUs: wrong }, NOW + 60);
    expect(Math.abs(Number(cursor.reached) - at(40))).toBeLessThanOrEqual(20_000);
    for (const ms of [80, 100, 120]) cursor.note({ timeUs: at(ms) }, NOW + ms);
    expect(cursor.reached).toBe(at(100));
  });

  test('does not skip what a resumed connection has yet to send', () => {
    const cursor = heard(0, 20, 40);
    cursor.begin(A, NOW + 60_000);
    // The first one is wrong: the host is still sending the beginning.
    for (const ms of [59_000, 60, 80]) cursor.note({ timeUs: at(ms) }, NOW + 60_000);
    expect(cursor.reached).toBe(at(60));
  });

  test('is never later than our own clock, so that a slow clock costs repeats and no posts', () => {
    const cursor = new Cursor();
    cursor.begin(A, NOW);
    for (const ms of [0, 20, 40]) cursor.note({ timeUs: at(ms + 90_000) }, NOW + ms);
    expect(cursor.reached).toBe(at(20));
  });
});
