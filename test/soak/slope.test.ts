import { expect, test } from 'vitest';
import { slopeOf } from './slope.ts';

const series = (value: (minute: number) => number) =>
  Array.from({ length: 46 }, (_, minutes) => ({ minutes, value: value(minutes) }));

test('the slope of a line is the line’s, and of one with noise nearly so', () => {
  expect(slopeOf(series((minute) => 100 + 3 * minute)).perMinute).toBeCloseTo(3, 9);
  expect(slopeOf(series((minute) => 100 + 3 * minute + (minute % 2))).perMinute).toBeCloseTo(3, 1);
});

test('nothing is flat by a few points', () => {
  expect(slopeOf(series(() => 100).slice(0, 7)).isFlat).toBe(false);
});

test('what goes up and down about the same height is flat, what gains a tenth is not', () => {
  expect(slopeOf(series((minute) => 100 + 8 * (minute % 2))).isFlat).toBe(true);
  expect(slopeOf(series((minute) => 100 + (10 * minute) / 45)).isFlat).toBe(false);
});
