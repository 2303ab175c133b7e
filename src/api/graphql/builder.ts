// The builder of the GraphQL schema: what its types stand for, and what resolvers work with.

import SchemaBuilder from '@pothos/core';
import type { PublicPost } from '../../base/post.ts';
import type {
  Analysis,
  Analyze,
  Explain,
  HashtagCount,
  RatedWord,
  SentimentEvent,
} from '../../sentiment/analysis.ts';
import type { Estimate, Estimator, Rejection, SourceStatus, Usage } from '../../source/source.ts';
import type { ClusterState } from '../../stream/cluster-state.ts';
import {
  BUCKETS,
  type Bucket,
  type History,
  type LookBack,
  type SourceCount,
} from '../../stream/history.ts';
import type { Multiplexer } from '../../stream/multiplexer.ts';
import type { Start } from '../../stream/recorder.ts';
import type { Span, TrackWindow, WindowRequest } from '../../stream/windows.ts';
import type { Clause, Track } from '../../track/track.ts';
import { PRICES, type Work } from '../access/work-budget.ts';
import { toGraphQLError } from './masked-errors.ts';

/** What answers questions about the past, and the bounds of one. */
export interface BoundedLookBack extends LookBack {
  /** In milliseconds since 1970. */
  readonly now: () => number;
  readonly maxBuckets: number;
}

/** What resolvers work with. */
export interface ApiContext {
  readonly multiplexer: Multiplexer;
  readonly analyze: Analyze;
  readonly explain: Explain;
  readonly estimate: Estimator;
  readonly lookBack: BoundedLookBack;
  /** Called by a subscription to a track. The transport decides what happens. */
  readonly follow: (track: Track, start?: Start) => AsyncIterable<SentimentEvent>;
  /** The same for a subscription to a window. */
  readonly watch: (request: WindowRequest) => AsyncIterable<TrackWindow>;
}

/** What is the same for all operations. */
export type QueryContext = Omit<ApiContext, 'follow' | 'watch'>;

/** The context of one query. `work` pays for what it asks. It reads equal texts once, and cannot subscribe. */
export function payFor(context: QueryContext, work: Work): ApiContext {
  const { now, maxBuckets, history } = context.lookBack;
  return {
    ...context,
    follow: subscribesToNothing,
    watch: subscribesToNothing,
    analyze: readOnce((text) => context.analyze(text), work),
    explain: readOnce(context.explain, work),
    estimate(track) {
      // One operation may ask for several estimates, and the server pays for few of them a day.
      const overdrawn = work.overdrawn();
      if (overdrawn) throw toGraphQLError(overdrawn.error);
      work.charge(PRICES.estimate);
      return context.estimate(track);
    },
    lookBack: {
      now,
      maxBuckets,
      history(track, from, to, size) {
        work.charge(Math.ceil(((to ?? now()) - from) / BUCKETS[size]) * PRICES.bucket);
        return history(track, from, to, size);
      },
    },
  };
}

/** Wraps `read`, so that equal texts are read once, and `work` pays for the length of each. */
function readOnce<T>(read: (text: string) => T, work: Work): (text: string) => T {
  const done = new Map<string, T>();
  return (text) => {
    const known = done.get(text);
    if (known) return known;
    work.charge(text.length * PRICES.character);
    const result = read(text);
    done.set(text, result);
    return result;
  };
}

function subscribesToNothing(): never {
  throw new Error('a query subscribes to nothing');
}

/** The types are defined in `schema`, `status` and the files whose names end in `-schema`. */
export const builder = new SchemaBuilder<{
  Context: ApiContext;
  Scalars: { DateTime: { Input: Date; Output: Date } };
  Objects: {
    HashtagCount: HashtagCount;
    Post: PublicPost;
    SentimentEvent: SentimentEvent;
    Analysis: Analysis & { readonly text: string };
    RatedWord: RatedWord;
    Clause: Clause;
    Track: Track;
    Usage: Usage;
    SourceStatus: SourceStatus;
    Rejection: Rejection;
    Estimate: Estimate;
    Cluster: ClusterState;
    Node: ClusterState;
    Status: Multiplexer;
    Span: Span;
    Window: TrackWindow;
    SourceCount: SourceCount;
    HistoryBucket: Bucket;
    History: History;
  };
  DefaultFieldNullability: false;
  DefaultInputFieldRequiredness: true;
}>({ defaultFieldNullability: false, defaultInputFieldRequiredness: true });
