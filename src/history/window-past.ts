// What a window begins with: the kept events of its track, and for what is older the counts by the minute.

import { UserError } from '../base/user-error.ts';
import type { SentimentEvent } from '../sentiment/analysis.ts';
import { BUCKETS, type Bucket, type BucketSize, type LookBack } from '../stream/history.ts';
import type { PastReader } from '../stream/recorder.ts';
import type { Track } from '../track/track.ts';
import { NOTICED_AFTER } from './live-since.ts';
import type { Part } from './parts.ts';
import type { Counted } from './window.ts';

/** Kept events that are read in one go. */
const EVENTS_A_STEP = 1000;
/** Times are whole seconds since 1970. */
const MINUTE = 60;
const TEN_MINUTES = 600;
const DAY = 86_400;
/** Before a gap, so many seconds are not known: one source may notice it late, while events of another one come. */
export const DOUBTED = NOTICED_AFTER / 1000;

interface KeptEvent {
  readonly event: SentimentEvent;
  readonly second: number;
}

/** What a window counts of the past. */
export interface WindowPast {
  readonly events: readonly KeptEvent[];
  /** When no event is missing. */
  readonly known: readonly Part[];
  readonly counted: readonly Counted[];
}

/** The past that is kept in memory, and a way to ask for the older one. */
export interface RecentPast extends WindowPast {
  /** Whether no event is missing in the running second either. */
  readonly isKnownNow: boolean;
  /** The second of the last event, or since when nothing is missing. */
  readonly last: number;
  /** Undefined if nothing older is needed. */
  readonly readOlder: ((lookBack: LookBack) => Promise<WindowPast>) | undefined;
}

/**
 * Reads what is kept of `track` until `now`, and a window wants from `oldest` on. While the source is not live, nothing
 * is known after the last event.
 */
export function readKept(
  track: Track,
  reader: PastReader,
  { from: oldest, to: now }: Part,
  isLive: boolean,
): RecentPast {
  const { events, known, last, isKnownNow } = readAll(reader, now, isLive);
  const first = known[0]?.from ?? now + 1;
  // Counts by the minute are of whole minutes, so that kept events count from a whole one on.
  const border = first <= oldest ? oldest : Math.ceil(first / MINUTE) * MINUTE;
  const early = events.filter(({ second }) => second < border);
  return {
    events: events.filter(({ second }) => second >= border),
    known: known.map(({ from, to }) => ({ from: Math.max(from, border), to })),
    counted: [],
    isKnownNow,
    last,
    readOlder:
      first <= oldest
        ? undefined
        : (lookBack) => readOlder(lookBack, track, early, { from: oldest, to: border }, now),
  };
}

/** The second in which an event counts. The clock of another node may be ahead. */
export function secondOf({ position }: SentimentEvent, now: number): number {
  return Math.min(Math.floor(position.time / 1000), now);
}

function readAll(reader: PastReader, now: number, isLive: boolean) {
  const { completeSince } = reader;
  const events: KeptEvent[] = [];
  const known: Part[] = [];
  // Of the second itself, an event may be missing.
  let from = completeSince === undefined ? undefined : Math.floor(completeSince / 1000) + 1;
  let last = from ?? now;
  const knowUntil = (to: number) => {
    if (from !== undefined && from <= to) known.push({ from, to });
    from = undefined;
  };
  for (;;) {
    const read = reader.next(EVENTS_A_STEP);
    if (read.gap) knowUntil(last - DOUBTED);
    if (read.events.length === 0) break;
    for (const event of read.events) {
      last = secondOf(event, now);
      from ??= last + 1;
      events.push({ event, second: last });
    }
  }
  const isKnownNow = isLive && from !== undefined && from <= now;
  knowUntil(isLive ? now : last);
  return { events, known, last, isKnownNow };
}

/** What was counted of `part`. Where that is not more than the `early` events, which are kept of it, those count instead. */
async function readOlder(
  lookBack: LookBack,
  track: Track,
  early: readonly KeptEvent[],
  part: Part,
  now: number,
): Promise<WindowPast> {
  const counted = await readCounted(lookBack, track, part, now);
  const earliest = early[0]?.second ?? Number.POSITIVE_INFINITY;
  const later = counted.filter(({ to }) => to > earliest);
  const posts = later.reduce((sum, some) => sum + postsOf(some), 0);
  if (posts > early.length) return { counted, events: [], known: [] };
  // As many of them are the same ones, and their seconds are known.
  const known = posts < early.length ? [] : later.map(({ from, knownTo: to }) => ({ from, to }));
  return { counted: counted.filter(({ to }) => to <= earliest), events: early, known };
}

function postsOf({ counts }: Counted): number {
  return counts[0] + counts[1] + counts[2];
}

/** The counts of `part`. By ten minutes where counts by the minute are too old to be kept. */
async function readCounted(
  { history }: LookBack,
  track: Track,
  { from, to }: Part,
  now: number,
): Promise<readonly Counted[]> {
  const read = async (size: BucketSize, part: Part): Promise<readonly Counted[]> => {
    if (part.from >= part.to) return [];
    const until = part.to > now ? undefined : part.to * 1000;
    const past = await history(track, part.from * 1000, until, size);
    if (past instanceof UserError) return [];
    return past.buckets.map((bucket) => countedIn(bucket, BUCKETS[size] / 1000, now));
  };
  const byMinute = Math.ceil((now - DAY) / TEN_MINUTES) * TEN_MINUTES;
  const border = Math.max(from, Math.min(byMinute, to));
  const counted = await Promise.all([
    read('TEN_MINUTES', { from, to: border }),
    read('MINUTE', { from: border, to }),
  ]);
  return counted.flat();
}

/** A bucket of `length` seconds. If it still runs, it also has the posts of the running second. */
function countedIn(bucket: Bucket, length: number, now: number): Counted {
  const { start, positive, negative, neutral, meanScore, isComplete } = bucket;
  // While the clock catches up after it was set back, posts count in a minute that is yet to come.
  const from = Math.min(start / 1000, now);
  const to = Math.min(from + length, now + 1);
  const knownTo = isComplete ? Math.min(to, now) : from;
  const scoreSum = (meanScore ?? 0) * (positive + negative + neutral);
  const { bySource, hashtags } = bucket;
  const counts = [positive, negative, neutral] as const;
  return { from, to, knownTo, counts, scoreSum, bySource, hashtags };
}
