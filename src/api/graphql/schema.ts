// The GraphQL schema. Printed to schema/schema.graphql; a test holds the two together.

import SchemaBuilder from '@pothos/core';
import type { Post } from '../../post.ts';
import {
  type Analysis,
  type Analyze,
  type HashtagCount,
  POLARITIES,
  type SentimentEvent,
} from '../../sentiment/analysis.ts';
import type { Source, Usage } from '../../source/source.ts';
import type { Multiplexer } from '../../stream/multiplexer.ts';
import { TopicStream } from '../../stream/topic-stream.ts';
import { type Clause, parseTrack, spellTerm, type Track } from '../../track/track.ts';
import { UserError } from '../../user-error.ts';
import { toGraphQLError } from './errors.ts';

/** What the resolvers work with. */
export interface ApiContext {
  readonly multiplexer: Multiplexer;
  readonly analyze: Analyze;
}

const builder = new SchemaBuilder<{
  Context: ApiContext;
  Scalars: { DateTime: { Input: never; Output: Date } };
  Objects: {
    HashtagCount: HashtagCount;
    Post: Post;
    SentimentEvent: SentimentEvent;
    Analysis: Analysis;
    Clause: Clause;
    Track: Track;
    Usage: Usage;
    SourceStatus: Source;
    Status: Multiplexer;
  };
  DefaultFieldNullability: false;
  DefaultInputFieldRequiredness: true;
}>({ defaultFieldNullability: false, defaultInputFieldRequiredness: true });

builder.scalarType('DateTime', {
  description: 'A moment in UTC, as in ISO 8601: `2026-11-20T10:11:12.000Z`.',
  serialize: (date) => date.toISOString(),
});

const PolarityEnum = builder.enumType('Polarity', {
  description: 'Which way a text leans.',
  values: {
    POSITIVE: { value: POLARITIES[0], description: 'A compound score above 0.05.' },
    NEGATIVE: { value: POLARITIES[1], description: 'A compound score below -0.05.' },
    NEUTRAL: { value: POLARITIES[2], description: 'Anything between.' },
  },
});

const POLARITY_INDEX = '0 positive, 1 negative, 2 neutral.';
const SCORE = "VADER's compound score, from -1 (most negative) to 1 (most positive).";
const HASHTAGS = 'The hashtags of the text, most frequent first, then by name.';

builder.objectType('HashtagCount', {
  description: 'A hashtag and how often a text has it.',
  fields: (t) => ({
    tag: t.exposeString('tag', { description: 'In lower case, without the `#`.' }),
    count: t.exposeInt('count', { description: 'How often it occurs in the text.' }),
  }),
});

builder.objectType('Post', {
  description: 'The post that an event is about. Its text stays with the network it comes from.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the post at its source.' }),
    source: t.exposeString('source', { description: 'Where it comes from, such as `x`.' }),
    url: t.exposeString('url', {
      nullable: true,
      description: 'Where a person can read it, if it can be read anywhere.',
    }),
    createdAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was written, by the account of its author or its source.',
      resolve: (post) => post.createdAt,
    }),
    lang: t.string({
      nullable: true,
      description: 'Its language as a BCP 47 tag, if it names one.',
      resolve: (post) => post.langs[0],
    }),
  }),
});

builder.objectType('SentimentEvent', {
  description: 'What one matching post says.',
  fields: (t) => ({
    polarityIndex: t.exposeInt('polarityIndex', { description: POLARITY_INDEX }),
    polarity: t.expose('polarity', { type: PolarityEnum, description: 'The same as a name.' }),
    score: t.exposeFloat('score', { description: SCORE }),
    hashtags: t.expose('hashtags', { type: ['HashtagCount'], description: HASHTAGS }),
    post: t.expose('post', { type: 'Post', description: 'The post itself, without its text.' }),
  }),
});

builder.objectType('Analysis', {
  description: 'What a text says.',
  fields: (t) => ({
    polarityIndex: t.exposeInt('polarityIndex', { description: POLARITY_INDEX }),
    polarity: t.expose('polarity', { type: PolarityEnum, description: 'The same as a name.' }),
    score: t.exposeFloat('score', { description: SCORE }),
    hashtags: t.expose('hashtags', { type: ['HashtagCount'], description: HASHTAGS }),
    positive: t.exposeFloat('positive', { description: 'The positive share, from 0 to 1.' }),
    neutral: t.exposeFloat('neutral', { description: 'The neutral share, from 0 to 1.' }),
    negative: t.exposeFloat('negative', { description: 'The negative share, from 0 to 1.' }),
  }),
});

builder.objectType('Clause', {
  description: 'One alternative of a track: a post matches it by all of this and none of that.',
  fields: (t) => ({
    all: t.stringList({
      description: 'Words, phrases, hashtags, mentions and cashtags that a post has to have.',
      resolve: (clause) => clause.all.map(spellTerm),
    }),
    none: t.stringList({
      description: 'Those that it must not have.',
      resolve: (clause) => clause.none.map(spellTerm),
    }),
  }),
});

builder.objectType('Track', {
  description: 'How a query was understood.',
  fields: (t) => ({
    canonical: t.exposeString('canonical', {
      description: 'The one form of all spellings of this query. Equal forms share one topic.',
    }),
    clauses: t.expose('clauses', {
      type: ['Clause'],
      description: 'The alternatives; a post has to match one of them.',
    }),
  }),
});

builder.objectType('Usage', {
  description:
    'What was read today of a source that is paid for by the post. Days are those of UTC.',
  fields: (t) => ({
    postsToday: t.float({
      description: 'Posts read today.',
      resolve: ({ postsToday }) => postsToday,
    }),
    costToday: t.float({
      description: 'What they cost, in US dollars.',
      resolve: ({ costToday }) => costToday,
    }),
    allowance: t.float({
      nullable: true,
      description: 'Posts that may be read a day; none for no limit.',
      resolve: ({ allowance }) => (allowance === 'none' ? null : allowance),
    }),
    resetsAt: t.field({
      type: 'DateTime',
      description: 'When the next day begins.',
      resolve: ({ resetsAt }) => new Date(resetsAt),
    }),
  }),
});

builder.objectType('SourceStatus', {
  description: 'The stream of posts that the server listens to.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Such as `x`, `replay` or `sample`.' }),
    state: t.string({
      description:
        '`idle` (nobody tracks anything), `connecting`, `live`, `waiting` (it tries again by ' +
        'itself) or `paused`.',
      resolve: ({ state }) => state.name,
    }),
    reason: t.string({
      nullable: true,
      description: 'Why it is waiting or paused.',
      resolve: ({ state }) => ('reason' in state ? state.reason : null),
    }),
    until: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Until when it is waiting or paused, where that is known.',
      resolve: ({ state }) =>
        'until' in state && state.until !== undefined ? new Date(state.until) : null,
    }),
    usage: t.field({
      type: 'Usage',
      nullable: true,
      description: 'What was read today, if the source is paid for by the post.',
      resolve: ({ usage }) => usage,
    }),
  }),
});

builder.objectType('Status', {
  description: 'How the server is doing. Counts run from its start, and are whole numbers.',
  fields: (t) => ({
    source: t.field({
      type: 'SourceStatus',
      description: 'The stream of posts.',
      resolve: ({ source }) => source,
    }),
    activeTracks: t.int({
      description: 'Distinct tracks that somebody listens to.',
      resolve: ({ tracks }) => tracks,
    }),
    listeners: t.int({
      description: 'Open subscriptions and tracking sockets.',
      resolve: ({ listeners }) => listeners,
    }),
    postsSeen: t.float({
      description: 'Posts that came from the source.',
      resolve: ({ counters }) => counters.postsSeen,
    }),
    postsMatched: t.float({
      description: 'Posts that matched at least one track.',
      resolve: ({ counters }) => counters.postsMatched,
    }),
    postsDropped: t.float({
      description: 'Records from the source that were no usable posts.',
      resolve: ({ counters }) => counters.postsDropped,
    }),
    postsRepeated: t.float({
      description: 'Posts that the source sent again, and that were not delivered again.',
      resolve: ({ counters }) => counters.postsRepeated,
    }),
    eventsDelivered: t.float({
      description: 'Events handed to listeners; one post counts once for each.',
      resolve: ({ counters }) => counters.eventsDelivered,
    }),
    eventsDropped: t.float({
      description: 'Events that a listener was too slow to take.',
      resolve: ({ counters }) => counters.eventsDropped,
    }),
  }),
});

builder.queryType({
  description: 'Questions with one answer.',
  fields: (t) => ({
    analyze: t.field({
      type: 'Analysis',
      description: 'Scores a text as if it were a post.',
      args: { text: t.arg.string({ description: 'Any text.' }) },
      resolve: (_root, { text }, { analyze }) => analyze(text),
    }),
    track: t.field({
      type: 'Track',
      description: 'Shows how a query is understood. Refused with `BAD_TRACK` when it is not.',
      args: { query: t.arg.string({ description: 'Such as `coffee -decaf, #espresso`.' }) },
      resolve: (_root, { query }) => readTrack(query),
    }),
    status: t.field({
      type: 'Status',
      description: 'How the server is doing.',
      resolve: (_root, _args, { multiplexer }) => multiplexer,
    }),
  }),
});

builder.subscriptionType({
  description: 'Questions that are answered again and again.',
  fields: (t) => ({
    sentiment: t.field({
      type: 'SentimentEvent',
      description:
        'An event for every post that matches `track`, from now on. Refused with `BAD_TRACK` when ' +
        'the query cannot be understood.',
      args: {
        track: t.arg.string({
          description:
            'Comma is OR, space is AND, in any order and case; `"words in quotes"` stand together; ' +
            '`#tag`, `@name` and `$TICK` match only those; `-term` excludes.',
        }),
      },
      subscribe: (_root, { track }, { multiplexer }) =>
        new TopicStream(readTrack(track), multiplexer),
      resolve: (event) => event,
    }),
  }),
});

export const schema = builder.toSchema({ sortSchema: false });

function readTrack(query: string): Track {
  const track = parseTrack(query);
  if (track instanceof UserError) throw toGraphQLError(track);
  return track;
}
