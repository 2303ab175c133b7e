import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { minutesOf } from '../../src/web/picture.ts';
import { balanceOf, sharesOf } from '../../src/web/polarity-counts.ts';
import { RollingWindow, WINDOW_SECONDS } from '../../src/web/rolling-window.ts';

const START = Date.UTC(2026, 10, 20);
const at = (seconds: number) => START + seconds * 1000;

function watched(): RollingWindow {
  const window = new RollingWindow();
  window.watch(true, START);
  return window;
}

describe('the rolling window', () => {
  test('counts what was said in the last five minutes, and forgets what is older', () => {
    const window = watched();
    window.add(0, ['a', 'b'], at(0.5));
    window.add(1, ['a'], at(10));
    window.add(2, [], at(299));
    expect(window.totals).toEqual([1, 1, 1]);
    expect(window.topTags(5)).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
    window.advance(at(WINDOW_SECONDS + 1));
    expect(window.totals).toEqual([0, 1, 1]);
    expect(window.topTags(5)).toEqual([['a', 1]]);
    window.advance(at(100_000));
    expect([window.totals, window.topTags(5)]).toEqual([[0, 0, 0], []]);
  });

  test('never holds more than the window, whatever goes by', () => {
    const window = watched();
    for (let second = 0; second < 2000; second++) window.add(0, [`tag${second}`], at(second));
    expect(window.curves(at(2000))[0].length).toBeLessThanOrEqual(WINDOW_SECONDS + 1);
    expect(window.topTags(10_000).length).toBeLessThanOrEqual(WINDOW_SECONDS + 1);
  });

  test('takes any time for the present as long as nothing is known', () => {
    const window = new RollingWindow();
    window.watch(false, at(4));
    window.watch(true, at(0));
    window.add(0, [], at(0.5));
    expect(window.cells()).toEqual([
      { from: START / 1000, to: START / 1000 + 1, counts: [1, 0, 0], isKnown: true },
    ]);
  });

  test('begins anew when the clock is set back, but not for what came before', () => {
    const window = watched();
    window.add(0, ['a'], at(4000));
    window.add(0, ['old'], at(10));
    window.advance(at(3995));
    expect(window.totals).toEqual([1, 0, 0]);
    window.advance(at(400));
    window.add(1, ['b'], at(400));
    expect([window.totals, window.topTags(5)]).toEqual([[0, 1, 0], [['b', 1]]]);
    const [times, , negative] = window.curves(at(401));
    expect([times.at(-1), negative.length]).toEqual([at(401) / 1000, 1]);
  });

  test('keeps count of 5,000 hashtags at the most', () => {
    const window = watched();
    for (let n = 0; n < 6000; n++) window.add(0, [`tag${n}`], at(1));
    expect(window.topTags(10_000).length).toBe(5000);
    window.advance(at(1000));
    expect(window.topTags(10_000).length).toBe(0);
  });

  test('orders hashtags by how often they came, then by name', () => {
    const window = watched();
    for (const tag of ['b', 'a', 'c', 'c']) window.add(0, [tag], at(1));
    expect(window.topTags(2)).toEqual([
      ['c', 2],
      ['a', 1],
    ]);
  });

  test('draws posts a second: a steady rate is a level line', () => {
    const window = watched();
    for (let tenth = 0; tenth < 600; tenth++) window.add(0, [], at(tenth / 10));
    const [times, positive, negative] = window.curves(at(60));
    expect(times.length).toBe(positive.length);
    const settled = positive.slice(20, -1);
    for (const value of settled) expect(value).toBeCloseTo(10, 5);
    expect(negative.every((value) => value === 0)).toBe(true);
  });

  test('ends its curves at the very moment that is drawn', () => {
    const window = watched();
    window.add(0, [], at(3.25));
    const [times] = window.curves(at(3.25));
    expect(times.at(-1)).toBe(at(3.25) / 1000);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  test('leaves a gap where nobody listened, which is not the same as zero', () => {
    const window = watched();
    window.add(0, [], at(1));
    window.watch(false, at(5.5));
    window.watch(true, at(20.5));
    window.add(0, [], at(21));
    const [, positive] = window.curves(at(25));
    expect(positive.slice(0, 6).every((value) => value !== null)).toBe(true);
    expect(positive.slice(6, 20)).toEqual(Array(14).fill(null));
    expect(positive.slice(20).every((value) => value !== null)).toBe(true);
  });

  test('counts what comes late at its time, and not at all if that is over', () => {
    const window = watched();
    window.advance(at(20));
    window.add(0, [], at(-10));
    window.add(0, [], at(-9.5));
    window.add(1, [], at(19));
    const [times, positive] = window.curves(at(20));
    expect(times.slice(0, 2)).toEqual([at(-9) / 1000, at(-8) / 1000]);
    expect(positive.slice(0, 10)).toEqual(Array(10).fill(null));
    expect(window.since).toBe(at(0));
    window.add(1, ['old'], at(20 - WINDOW_SECONDS - 1));
    expect(window.totals).toEqual([2, 1, 0]);
    expect(window.topTags(5)).toEqual([]);
  });

  test('draws a time that turns out to be known, and leaves out one that does not', () => {
    const window = watched();
    window.watch(false, at(5));
    window.watch(true, at(15));
    window.add(0, [], at(10));
    window.know(true, at(5), at(16));
    expect(window.curves(at(16))[1]).not.toContain(null);
    window.know(false, at(8), at(12));
    const [, positive] = window.curves(at(16));
    expect(positive.flatMap((value, second) => (value === null ? [second] : []))).toEqual([
      8, 9, 10, 11, 12,
    ]);
    // The post in between is unknown like its neighbours.
    expect(positive.slice(13).every((value) => value === 0)).toBe(true);
    expect(window.totals).toEqual([1, 0, 0]);
  });

  test('takes what the server has counted into the seconds that it does not know', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(59), { maxLength: 40 }),
        fc.nat(200),
        fc.nat(30),
        (known, more, unwatched) => {
          const window = new RollingWindow();
          window.watch(false, at(0));
          window.watch(true, at(unwatched));
          for (const second of known.toSorted((a, b) => a - b)) window.add(0, [], at(second));
          window.advance(at(59));
          window.fill([known.length + more, 0, 0], at(0), at(60));
          // A window that has listened all the time knows better.
          expect(window.totals).toEqual([known.length + (unwatched > 0 ? more : 0), 0, 0]);
          expect(window.curves(at(59.5))[1]).not.toContain(null);
          window.advance(at(1000));
          expect(window.totals).toEqual([0, 0, 0]);
        },
      ),
    );
  });

  test('counts an event once that comes after the server has counted it', () => {
    const window = new RollingWindow();
    window.watch(true, at(40));
    window.fill([3, 0, 0], at(0), at(40.5), at(40.5));
    window.add(0, ['tag'], at(10));
    expect(window.totals).toEqual([3, 0, 0]);
    expect(window.topTags(1)).toEqual([['tag', 1]]);
    window.add(0, [], at(40.6));
    expect(window.totals).toEqual([4, 0, 0]);
  });

  test('takes of a minute that began before it the share that is within it', () => {
    const window = new RollingWindow();
    window.watch(true, at(WINDOW_SECONDS + 30));
    window.fill([60, 0, 0], at(0), at(60));
    expect(window.totals).toEqual([30, 0, 0]);
  });

  test('takes a clock that goes back as standing still', () => {
    const window = watched();
    window.add(0, [], at(10));
    window.add(0, [], at(2));
    expect(window.totals).toEqual([2, 0, 0]);
    expect(window.curves(at(10))[0].length).toBe(11);
  });

  test('tells the counts by the minute, the newest first, and if they are all', () => {
    const window = watched();
    window.add(0, [], at(0));
    window.add(1, [], at(100));
    window.add(2, [], at(119));
    window.watch(false, at(119));
    const minutes = minutesOf(window.cells());
    expect(minutes.map(({ counts }) => counts)).toEqual([
      [0, 1, 1],
      [1, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(minutes.map(({ isKnown }) => isKnown)).toEqual([true, true, false, false, false]);
    window.know(false, at(30), at(31));
    expect(minutesOf(window.cells())[1]?.isKnown).toBe(false);
  });
});

test('the balance is positive minus negative of a hundred', () => {
  expect(balanceOf([0, 0, 0])).toBeUndefined();
  expect(balanceOf([3, 1, 4])).toBe(25);
  expect(balanceOf([0, 5, 0])).toBe(-100);
});

test('shares are whole and add up to 100', () => {
  expect(sharesOf([1, 1, 1]).reduce((a, b) => a + b)).toBe(100);
  expect(sharesOf([2, 1, 0])).toEqual([67, 33, 0]);
  expect(sharesOf([0, 0, 0])).toEqual([0, 0, 0]);
});
