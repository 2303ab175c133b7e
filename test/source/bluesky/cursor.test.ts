import { describe, expect, test } from 'vitest';
import {
  Cursor,
  LONGEST_RESUMED_BREAK_MS,
  OTHER_HOST_OVERLAP_MS,
  SAME_HOST_OVERLAP_MS,
} from '../../../src/source/bluesky/cursor.ts';

const NOW = Date.UTC(2026, 0, 1);
const A = 'ws://a.example';
const B = 'ws://b.example';

/** A cursor after events with these times, in milliseconds after NOW. */
function heard(...times: number[]): Cursor {
  const cursor = new Cursor();
  cursor.begin(A, NOW);
  for (const ms of times) cursor.note((NOW + ms) * 1000, NOW + ms);
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

  test('goes back a little on the same host, and further on another', () => {
    expect(heard(0, 20, 40).begin(A, NOW + 60)).toBe(at(20 - SAME_HOST_OVERLAP_MS));
    expect(heard(0, 20, 40).begin(B, NOW + 60)).toBe(at(20 - OTHER_HOST_OVERLAP_MS));
  });

  test('stays with the first host until the other one has caught up', () => {
    const cursor = heard(0, 20, 40);
    cursor.begin(B, NOW + 60);
    cursor.note(at(-9000), NOW + 70);
    cursor.note(at(-8000), NOW + 70);
    expect(cursor.begin(B, NOW + 80)).toBe(at(20 - OTHER_HOST_OVERLAP_MS));
    for (const ms of [10, 30, 50]) cursor.note(at(ms), NOW + 90);
    expect(cursor.begin(B, NOW + 100)).toBe(at(30 - SAME_HOST_OVERLAP_MS));
  });

  test('does not resume after a long break', () => {
    const cursor = heard(0, 20);
    expect(cursor.begin(A, NOW + LONGEST_RESUMED_BREAK_MS)).toBeDefined();
    expect(cursor.begin(A, NOW + LONGEST_RESUMED_BREAK_MS + 1)).toBeUndefined();
    expect(cursor.begin(A, NOW)).toBeUndefined();
  });

  test.each([
    ['the first year', 1],
    ['an hour ago', at(-3_600_000)],
    ['a minute ago', at(-60_000)],
    ['in a minute', at(60_000)],
    ['in a century', at(3_155_760_000_000)],
    ['the end of numbers', Number.MAX_SAFE_INTEGER],
  ])('does not move for a single event from %s', (_, wrong) => {
    const cursor = heard(0, 20, 40);
    cursor.note(wrong, NOW + 60);
    expect(Math.abs(Number(cursor.reached) - at(40))).toBeLessThanOrEqual(20_000);
    cursor.note(at(80), NOW + 80);
    cursor.note(at(100), NOW + 100);
    expect(cursor.reached).toBe(at(80));
  });

  test('does not skip what a resumed connection has yet to send', () => {
    const cursor = heard(0, 20, 40);
    cursor.begin(A, NOW + 60_000);
    cursor.note(at(59_000), NOW + 60_000); // Wrong: the host is still sending the beginning.
    cursor.note(at(60), NOW + 60_000);
    cursor.note(at(80), NOW + 60_000);
    expect(cursor.reached).toBe(at(60));
  });

  test('is never later than our own clock, so that a slow clock costs repeats and no posts', () => {
    const cursor = new Cursor();
    cursor.begin(A, NOW);
    for (const ms of [0, 20, 40]) cursor.note(at(ms + 90_000), NOW + ms);
    expect(cursor.reached).toBe(at(20));
  });
});
