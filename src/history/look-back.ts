// Answers questions about the past of a topic, from the store and the running minute.

import type { Clock } from '../base/clock.ts';
import { UserError } from '../base/user-error.ts';
import { BUCKETS, type Bucket, type History, type LookBack } from '../stream/history.ts';
import { TOP_HASHTAGS } from '../stream/windows.ts';
import type { CountedPast } from './counts.ts';
import { addHashtags, mostFrequent } from './hashtag-posts.ts';
import { covers, unite } from './intervals.ts';
import { type Counts, MINUTE, type Retention, SCORE_SCALE, type Store } from './store.ts';

/** Questions that may wait for the store. Each takes it some milliseconds. A window asks once, when it begins. */
export const MAX_WAITING = { clients: 64, windows: 1024 } as const;

interface LookBackOptions {
  readonly counts: CountedPast;
  readonly store: Pick<Store, 'read'>;
  readonly retention: Retention;
  readonly clock: Clock;
  readonly maxWaiting: number;
  /** Called for each question that is rejected. */
  readonly rejected: (reason: string) => void;
}

export function createLookBack(options: LookBackOptions): LookBack {
  const { counts, store, retention, clock, maxWaiting, rejected } = options;
  const tooMany = `${maxWaiting} questions about the past wait for their answers; ask again in a second.`;
  let waiting = 0;

  return {
    async history(track, from, to, size): Promise<History | UserError> {
      if (waiting >= maxWaiting) {
        rejected(tooMany);
        return new UserError('LIMIT_REACHED', tooMany);
      }
      // Read in the tick in which the store is asked, which answers from the events until then.
      const length = BUCKETS[size];
      const now = Math.max(clock.now(), counts.minute);
      const running = counts.running(track.canonical);
      const { end } = counts;
      const first = Math.floor(from / length) * length;
      // The bucket that still runs has no end yet.
      const last = Math.floor(Math.min(to === undefined ? now : to - 1, now) / length) * length;
      const span = { topic: track.canonical, size, from: first, to: last + length };
      waiting += 1;
      const stored = await store.read(span).finally(() => {
        waiting -= 1;
      });

      const { running: counted } = stored;
      const byStart = Map.groupBy(
        [...stored.counts, ...(counted ?? []).map((row) => ({ ...row, start: running.minute }))],
        ({ start }) => Math.floor(start / length) * length,
      );
      // The store knows of a minute whether it was complete once the next one has ended.
      const settled = counted === undefined ? Infinity : running.minute - MINUTE;
      const since = Math.max(running.completeFrom, settled);
      const complete = unite([...stored.complete, [since, now]]);
      const buckets: Bucket[] = [];
      for (let start = first; start <= last; start += length) {
        const until = Math.max(start, Math.min(start + length, now));
        const isComplete = covers(complete, start, until);
        buckets.push(bucketOf(start, byStart.get(start) ?? [], isComplete));
      }
      const kept = Math.ceil((now - retention[size]) / length) * length;
      return { buckets, retainedFrom: Math.max(stored.retainedFrom, kept), end };
    },
  };
}

/** The sum of what was counted of several minutes and sources. */
function bucketOf(start: number, counted: readonly Counts[], isComplete: boolean): Bucket {
  let [positive, negative, neutral, score] = [0, 0, 0, 0];
  const sources = new Map<string, number>();
  for (const counts of counted) {
    positive += counts.positive;
    negative += counts.negative;
    neutral += counts.neutral;
    score += counts.score;
    const posts = counts.positive + counts.negative + counts.neutral;
    sources.set(counts.source, (sources.get(counts.source) ?? 0) + posts);
  }
  const posts = positive + negative + neutral;
  const hashtags = addHashtags(
    counted.map((counts) => counts.hashtags),
    TOP_HASHTAGS,
  );
  return {
    start,
    positive,
    negative,
    neutral,
    meanScore: posts === 0 ? null : score / SCORE_SCALE / posts,
    hashtags: hashtags.map(([tag, count]) => ({ tag, count })),
    bySource: mostFrequent(sources, sources.size).map(([source, posts]) => ({ source, posts })),
    isComplete,
  };
}
