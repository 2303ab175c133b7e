// The GraphQL schema. Printed to schema/schema.graphql; a test holds the two together.

import { MAX_TEXT } from '../../base/post.ts';
import { UserError } from '../../base/user-error.ts';
import { MAX_HASHTAGS, POLARITIES } from '../../sentiment/analysis.ts';
import { TopicStream } from '../../stream/topic-stream.ts';
import { parseTrack, spellTerm, type Track } from '../../track/track.ts';
import { builder } from './builder.ts';
import { toGraphQLError } from './masked-errors.ts';
import './status.ts';

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
const HASHTAGS = `The hashtags of the text, most frequent first, then by name; ${MAX_HASHTAGS} at most.`;

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

builder.queryType({
  description: 'Questions with one answer.',
  fields: (t) => ({
    analyze: t.field({
      type: 'Analysis',
      description: 'Scores a text as if it were a post.',
      args: {
        text: t.arg.string({ description: `Any text of up to ${MAX_TEXT} characters.` }),
      },
      resolve: (_root, { text }, { analyze }) => analyze(readText(text)),
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

function readText(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  const message = `This text has ${text.length} characters; ${MAX_TEXT} at most.`;
  throw toGraphQLError(new UserError('LIMIT_REACHED', message));
}

function readTrack(query: string): Track {
  const track = parseTrack(query);
  if (track instanceof UserError) throw toGraphQLError(track);
  return track;
}
