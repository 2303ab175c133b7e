// The GraphQL schema. Printed to schema/schema.graphql; a test holds the two together.

import { formatCursor } from '../../base/position.ts';
import { MAX_PUBLIC_TEXT, MAX_TEXT } from '../../base/post.ts';
import { MAX_HASHTAGS, MAX_WORDS, POLARITIES } from '../../sentiment/analysis.ts';
import { MAX_LAST, readStart, readText, readTrackAt } from './arguments.ts';
import { builder } from './builder.ts';
import { readDateTime } from './date-time.ts';
import './estimate-schema.ts';
import './history-schema.ts';
import './status.ts';
import './track-schema.ts';
import './window-schema.ts';

builder.scalarType('DateTime', {
  description:
    'A time in ISO 8601 format, such as `2026-11-20T10:11:12.000Z`. Answers are in UTC. Arguments need a time zone: `Z`, ' +
    'or an offset such as `+01:00`.',
  serialize: (date) => date.toISOString(),
  parseValue: readDateTime,
});

const PolarityEnum = builder.enumType('Polarity', {
  description: 'The sentiment of a text.',
  values: {
    POSITIVE: { value: POLARITIES[0], description: 'The score is above 0.05.' },
    NEGATIVE: { value: POLARITIES[1], description: 'The score is below -0.05.' },
    NEUTRAL: {
      value: POLARITIES[2],
      description: 'The score is between -0.05 and 0.05, inclusive.',
    },
  },
});

const POLARITY_INDEX = '0 for positive, 1 for negative, 2 for neutral.';
const SCORE = "VADER's compound score, from -1 (most negative) to 1 (most positive).";
const HASHTAGS = `The ${MAX_HASHTAGS} most frequent hashtags of the text, most frequent first, then by name.`;
const HASHTAGS_OF_EVENT = `${HASHTAGS} Those that only the source states count too.`;

builder.objectType('HashtagCount', {
  description: 'A hashtag, and its count.',
  fields: (t) => ({
    tag: t.exposeString('tag', { description: 'The hashtag in lower case, without the `#`.' }),
    count: t.exposeInt('count', {
      description:
        'How often the text has the hashtag, or 1 if only the source states it. Of several posts: how many have it.',
    }),
  }),
});

builder.objectType('Post', {
  description: 'The post of an event.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the post at its source.' }),
    source: t.exposeString('source', { description: 'The source of the post, such as `x`.' }),
    text: t.exposeString('text', {
      nullable: true,
      description:
        `The first ${MAX_PUBLIC_TEXT} characters of the post, with its links in full. Null on X, whose terms forbid ` +
        'passing texts on, and where the operator has switched texts off. Pass it to `analyze` to learn which words ' +
        'made the score.',
    }),
    url: t.exposeString('url', {
      nullable: true,
      description: 'The address of the post on the web, if it has one.',
    }),
    createdAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the post was written, according to its author or its source.',
      resolve: (post) => post.createdAt,
    }),
    lang: t.string({
      nullable: true,
      description: 'The language of the post as a BCP 47 tag, if it names one.',
      resolve: (post) => post.langs[0],
    }),
  }),
});

builder.objectType('SentimentEvent', {
  description: 'The sentiment of one matching post.',
  fields: (t) => ({
    polarityIndex: t.exposeInt('polarityIndex', { description: POLARITY_INDEX }),
    polarity: t.expose('polarity', { type: PolarityEnum, description: 'The polarity by name.' }),
    score: t.exposeFloat('score', { description: SCORE }),
    hashtags: t.expose('hashtags', { type: ['HashtagCount'], description: HASHTAGS_OF_EVENT }),
    post: t.expose('post', { type: 'Post', description: 'The post.' }),
    cursor: t.string({
      description: 'The place of the event. Pass it as `after` to resume from here.',
      resolve: ({ position }) => formatCursor(position),
    }),
    receivedAt: t.field({
      type: 'DateTime',
      description: 'When the server got the post. Counts over time use this time.',
      resolve: ({ position }) => new Date(position.time),
    }),
  }),
});

builder.objectType('Analysis', {
  description: 'The sentiment of a text.',
  fields: (t) => ({
    polarityIndex: t.exposeInt('polarityIndex', { description: POLARITY_INDEX }),
    polarity: t.expose('polarity', { type: PolarityEnum, description: 'The polarity by name.' }),
    score: t.exposeFloat('score', { description: SCORE }),
    hashtags: t.expose('hashtags', { type: ['HashtagCount'], description: HASHTAGS }),
    positive: t.exposeFloat('positive', { description: 'The positive share, from 0 to 1.' }),
    neutral: t.exposeFloat('neutral', { description: 'The neutral share, from 0 to 1.' }),
    negative: t.exposeFloat('negative', { description: 'The negative share, from 0 to 1.' }),
    words: t.field({
      type: ['RatedWord'],
      description:
        'The words, smileys and emoji that made the score, in the order of the text: the first ' +
        `${MAX_WORDS}. Words that count as 0 are left out.`,
      resolve: ({ text }, _args, { explain }) => explain(text),
    }),
  }),
});

builder.objectType('RatedWord', {
  description: 'A word, smiley or emoji that counts in the score of a text.',
  fields: (t) => ({
    word: t.exposeString('word', {
      description:
        'The word as it stands in the text, without the punctuation around it and with typographic signs as ASCII. An ' +
        'emoji stands for all words that VADER reads in its place. With the profile `original`, in lower case.',
    }),
    valence: t.exposeFloat('valence', {
      description:
        "What the word adds to the score: its valence in VADER's lexicon, from -4 to 4, after the rules on boosters, " +
        'negations, capitals, idioms and "but". Exclamation and question marks belong to no word: they strengthen the ' +
        'sum of all valences, of which the score is made.',
    }),
  }),
});

builder.queryType({
  description: 'Operations with one answer.',
  fields: (t) => ({
    analyze: t.field({
      type: 'Analysis',
      description:
        "Scores a text as if it were a post. For the text of an event's post, the score is that of the event, unless " +
        'the text was cut or the profile is `original`, which reads addresses as the source sent them.',
      args: {
        text: t.arg.string({ description: `A text of up to ${MAX_TEXT} characters.` }),
      },
      resolve: (_root, { text }, { analyze }) => {
        const read = readText(text);
        return { ...analyze(read), text: read };
      },
    }),
    status: t.field({
      type: 'Status',
      description: 'The state of the server and what it has counted.',
      resolve: (_root, _args, { multiplexer }) => multiplexer,
    }),
  }),
});

builder.subscriptionType({
  description: 'Operations that send events until they end.',
  fields: (t) => ({
    sentiment: t.field({
      type: 'SentimentEvent',
      description:
        'Sends an event for every post that matches `track`, from now on or from an earlier event on. Rejected with ' +
        '`BAD_TRACK` if the query cannot be followed, and with `BAD_CURSOR` if `after` is not a cursor.',
      args: {
        track: t.arg.string({
          description:
            'A comma or `OR` separates alternatives. A space or `AND` joins terms, in any order. Case does not count. ' +
            '`"words in quotes"` must stand together. `#tag`, `@name` and `$TICK` match only those. ' +
            '`example.com` finds links. `-term` or `NOT term` excludes.',
        }),
        after: t.arg.string({
          required: false,
          description:
            'The `cursor` of the last event that the client got. First come the events after it, in order, each once. ' +
            'The first message has `extensions: {recovered: true}` if none is missing, and `{gap: true}` otherwise.',
        }),
        last: t.arg.int({
          required: false,
          description: `Begins with so many of the newest events that are kept, ${MAX_LAST} at most.`,
        }),
        sources: t.arg.stringList({
          required: false,
          description:
            'Only posts of these sources, such as `x`, and only these follow the track for this client. Without it, all ' +
            'that the server reads. A track with some sources is a topic of its own.',
        }),
      },
      subscribe: (_root, { track, after, last, sources }, { follow, multiplexer }) =>
        follow(readTrackAt(track, sources, multiplexer.source), readStart(after, last)),
      resolve: (event) => event,
    }),
  }),
});

export const schema = builder.toSchema({ sortSchema: false });
