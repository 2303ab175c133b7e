// What was bought from X: posts, and estimates of how many there would be.

import { isCount, isRecord } from '../../base/json.ts';

export interface Spent {
  readonly posts: number;
  readonly estimates: number;
}

/** By UTC day, such as `2026-11-20`. */
export type Days = ReadonlyMap<string, Spent>;

export const NOTHING: Spent = { posts: 0, estimates: 0 };
/** More than a month has. */
export const MAX_DAYS = 40;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Puts each count of `one` and `other` together. */
export function combine(
  one: Spent,
  other: Spent,
  how: (one: number, other: number) => number,
): Spent {
  return {
    posts: how(one.posts, other.posts),
    estimates: how(one.estimates, other.estimates),
  };
}

/** Never more than `readSpent` takes back. */
export const plus = (one: number, other: number) => Math.min(one + other, Number.MAX_SAFE_INTEGER);
/** Never below 0. */
export const minus = (one: number, other: number) => Math.max(0, one - other);

/** Reads an object of counts by day. Undefined if it is something else. */
export function readDays(value: unknown): Map<string, Spent> | undefined {
  if (!isRecord(value)) return undefined;
  const days = Object.entries(value);
  if (days.length > MAX_DAYS) return undefined;
  const read = new Map<string, Spent>();
  for (const [day, counts] of days) {
    const spent = readSpent(counts);
    if (!isDay(day) || spent === undefined) return undefined;
    read.set(day, spent);
  }
  return read;
}

export function readSpent(value: unknown): Spent | undefined {
  if (!isRecord(value)) return undefined;
  const { posts, estimates = 0 } = value;
  return isCount(posts) && isCount(estimates) ? { posts, estimates } : undefined;
}

export function isDay(value: unknown): value is string {
  return typeof value === 'string' && DAY.test(value) && !Number.isNaN(Date.parse(value));
}
