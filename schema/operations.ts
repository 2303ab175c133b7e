/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** How long a bucket of counts lasts. Buckets begin at whole multiples of it, in UTC. */
export type Bucket =
  /** An hour. */
  | 'HOUR'
  /** A minute. */
  | 'MINUTE'
  /** Ten minutes. */
  | 'TEN_MINUTES';

/** The sentiment of a text. */
export type Polarity =
  /** The score is below -0.05. */
  | 'NEGATIVE'
  /** The score is between -0.05 and 0.05, inclusive. */
  | 'NEUTRAL'
  /** The score is above 0.05. */
  | 'POSITIVE';

/** What a node does besides serving its clients. */
export type Role =
  /** The node gets its events from the node that ingests. */
  | 'GATEWAY'
  /** The node reads the source and makes the events for all nodes. */
  | 'INGEST';

export type AnalyzeQueryVariables = Exact<{
  text: string;
}>;


export type AnalyzeQuery = { analyze: { polarityIndex: number, polarity: Polarity, score: number, positive: number, neutral: number, negative: number, hashtags: Array<{ tag: string, count: number }>, words: Array<{ word: string, valence: number }> } };

export type EstimateQueryVariables = Exact<{
  track: string;
}>;


export type EstimateQuery = { estimate: { postsPerDay: number | null, costPerDay: number | null, paidShare: number | null, postsLeft: number | null, lastsSeconds: number | null, reason: string | null } };

export type HistoryQueryVariables = Exact<{
  track: string;
  from: string;
  to?: string | null | undefined;
  bucket?: Bucket;
}>;


export type HistoryQuery = { history: { retainedFrom: string, cursor: string, buckets: Array<{ start: string, posts: number, positive: number, negative: number, neutral: number, meanScore: number | null, complete: boolean, hashtags: Array<{ tag: string, count: number }>, bySource: Array<{ source: string, posts: number }> }> } };

export type PastQueryVariables = Exact<{
  track: string;
  from: string;
  to?: string | null | undefined;
  bucket: Bucket;
  hashtags?: boolean;
}>;


export type PastQuery = { history: { buckets: Array<{ start: string, positive: number, negative: number, neutral: number, complete: boolean, hashtags?: Array<{ tag: string, count: number }> }> } };

export type SentimentSubscriptionVariables = Exact<{
  track: string;
  after?: string | null | undefined;
  last?: number | null | undefined;
  sources?: Array<string> | string | null | undefined;
}>;


export type SentimentSubscription = { sentiment: { cursor: string, receivedAt: string, polarityIndex: number, polarity: Polarity, score: number, hashtags: Array<{ tag: string, count: number }>, post: { id: string, source: string, url: string | null, createdAt: string | null, lang: string | null, text: string | null } } };

export type StatusQueryVariables = Exact<{ [key: string]: never; }>;


export type StatusQuery = { status: { activeTracks: number, listeners: number, postsSeen: number, postsMatched: number, postsBad: number, postsRepeated: number, eventsDelivered: number, eventsDropped: number, source: { name: string, state: string, reason: string | null, until: string | null, usage: { postsToday: number, estimatesToday: number, costToday: number, allowance: number | null, resetsAt: string, postsThisMonth: number, monthlyAllowance: number | null, monthResetsAt: string } | null }, sources: Array<{ name: string, state: string, reason: string | null, until: string | null, postsSeen: number, postsMatched: number }>, node: { id: string, role: Role }, cluster: { nodes: number, activeTracks: number, listeners: number, problem: string | null } } };

export type SummarySubscriptionVariables = Exact<{
  track: string;
  span: number;
}>;


export type SummarySubscription = { window: { to: string, posts: number, positive: number, negative: number, neutral: number, postsPerMinute: number | null, spike: boolean, previous: { posts: number, positive: number, negative: number, neutral: number } } };

export type TrackQueryVariables = Exact<{
  query: string;
}>;


export type TrackQuery = { track: { canonical: string, rejectedBy: Array<{ source: string, reason: string }>, clauses: Array<{ all: Array<string>, none: Array<string> }> } };

export type WindowSubscriptionVariables = Exact<{
  track: string;
  span?: number | null | undefined;
  every?: number | null | undefined;
}>;


export type WindowSubscription = { window: { from: string, to: string, complete: boolean, posts: number, positive: number, negative: number, neutral: number, meanScore: number | null, postsPerMinute: number | null, spike: boolean, bySource: Array<{ source: string, posts: number }>, hashtags: Array<{ tag: string, count: number }>, previous: { posts: number, meanScore: number | null, postsPerMinute: number | null } } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}

export const AnalyzeDocument = new TypedDocumentString(`
    query Analyze($text: String!) {
  analyze(text: $text) {
    polarityIndex
    polarity
    score
    hashtags {
      tag
      count
    }
    positive
    neutral
    negative
    words {
      word
      valence
    }
  }
}
    `) as unknown as TypedDocumentString<AnalyzeQuery, AnalyzeQueryVariables>;
export const EstimateDocument = new TypedDocumentString(`
    query Estimate($track: String!) {
  estimate(track: $track) {
    postsPerDay
    costPerDay
    paidShare
    postsLeft
    lastsSeconds
    reason
  }
}
    `) as unknown as TypedDocumentString<EstimateQuery, EstimateQueryVariables>;
export const HistoryDocument = new TypedDocumentString(`
    query History($track: String!, $from: DateTime!, $to: DateTime, $bucket: Bucket! = MINUTE) {
  history(track: $track, from: $from, to: $to, bucket: $bucket) {
    buckets {
      start
      posts
      positive
      negative
      neutral
      meanScore
      hashtags {
        tag
        count
      }
      bySource {
        source
        posts
      }
      complete
    }
    retainedFrom
    cursor
  }
}
    `) as unknown as TypedDocumentString<HistoryQuery, HistoryQueryVariables>;
export const PastDocument = new TypedDocumentString(`
    query Past($track: String!, $from: DateTime!, $to: DateTime, $bucket: Bucket!, $hashtags: Boolean! = false) {
  history(track: $track, from: $from, to: $to, bucket: $bucket) {
    buckets {
      start
      positive
      negative
      neutral
      hashtags @include(if: $hashtags) {
        tag
        count
      }
      complete
    }
  }
}
    `) as unknown as TypedDocumentString<PastQuery, PastQueryVariables>;
export const SentimentDocument = new TypedDocumentString(`
    subscription Sentiment($track: String!, $after: String, $last: Int, $sources: [String!]) {
  sentiment(track: $track, after: $after, last: $last, sources: $sources) {
    cursor
    receivedAt
    polarityIndex
    polarity
    score
    hashtags {
      tag
      count
    }
    post {
      id
      source
      url
      createdAt
      lang
      text
    }
  }
}
    `) as unknown as TypedDocumentString<SentimentSubscription, SentimentSubscriptionVariables>;
export const StatusDocument = new TypedDocumentString(`
    query Status {
  status {
    source {
      name
      state
      reason
      until
      usage {
        postsToday
        estimatesToday
        costToday
        allowance
        resetsAt
        postsThisMonth
        monthlyAllowance
        monthResetsAt
      }
    }
    sources {
      name
      state
      reason
      until
      postsSeen
      postsMatched
    }
    node {
      id
      role
    }
    cluster {
      nodes
      activeTracks
      listeners
      problem
    }
    activeTracks
    listeners
    postsSeen
    postsMatched
    postsBad
    postsRepeated
    eventsDelivered
    eventsDropped
  }
}
    `) as unknown as TypedDocumentString<StatusQuery, StatusQueryVariables>;
export const SummaryDocument = new TypedDocumentString(`
    subscription Summary($track: String!, $span: Int!) {
  window(track: $track, span: $span) {
    to
    posts
    positive
    negative
    neutral
    postsPerMinute
    spike
    previous {
      posts
      positive
      negative
      neutral
    }
  }
}
    `) as unknown as TypedDocumentString<SummarySubscription, SummarySubscriptionVariables>;
export const TrackDocument = new TypedDocumentString(`
    query Track($query: String!) {
  track(query: $query) {
    canonical
    rejectedBy {
      source
      reason
    }
    clauses {
      all
      none
    }
  }
}
    `) as unknown as TypedDocumentString<TrackQuery, TrackQueryVariables>;
export const WindowDocument = new TypedDocumentString(`
    subscription Window($track: String!, $span: Int = 300, $every: Int = 5) {
  window(track: $track, span: $span, every: $every) {
    from
    to
    complete
    posts
    positive
    negative
    neutral
    meanScore
    postsPerMinute
    bySource {
      source
      posts
    }
    hashtags {
      tag
      count
    }
    spike
    previous {
      posts
      meanScore
      postsPerMinute
    }
  }
}
    `) as unknown as TypedDocumentString<WindowSubscription, WindowSubscriptionVariables>;