// The part of the schema that looks back.

import { formatCursor } from '../../base/position.ts';
import { BUCKETS, type BucketSize } from '../../stream/history.ts';
import { TOP_HASHTAGS } from '../../stream/windows.ts';
import { readSpan, readTrackAt, right } from './arguments.ts';
import { builder } from './builder.ts';

const BucketEnum = builder.enumType('Bucket', {
  description: 'How long a bucket of counts lasts. Buckets begin at whole multiples of it, in UTC.',
  values: {
    MINUTE: { description: 'A minute.' },
    TEN_MINUTES: { description: 'Ten minutes.' },
    HOUR: { description: 'An hour.' },
  } satisfies Record<BucketSize, object>,
});

builder.objectType('SourceCount', {
  description: 'The posts of one source.',
  fields: (t) => ({
    source: t.exposeString('source', { description: 'The source, such as `x`.' }),
    posts: t.exposeInt('posts', { description: 'Its posts.' }),
  }),
});

builder.objectType('HistoryBucket', {
  description: 'What was counted of a topic in one span of time.',
  fields: (t) => ({
    start: t.field({
      type: 'DateTime',
      description: 'When the bucket begins.',
      resolve: ({ start }) => new Date(start),
    }),
    posts: t.int({
      description: 'Matching posts.',
      resolve: ({ positive, negative, neutral }) => positive + negative + neutral,
    }),
    positive: t.exposeInt('positive', { description: 'Those that are positive.' }),
    negative: t.exposeInt('negative', { description: 'Those that are negative.' }),
    neutral: t.exposeInt('neutral', { description: 'Those that are neutral.' }),
    meanScore: t.exposeFloat('meanScore', {
      nullable: true,
      description: "The mean of the posts' scores, from -1 to 1. Null without posts.",
    }),
    hashtags: t.expose('hashtags', {
      type: ['HashtagCount'],
      description:
        `The ${TOP_HASHTAGS} hashtags that most posts have, each with the number of these posts; most frequent first, ` +
        'then by name. Of a bucket with many different hashtags, rare ones may be counted too low.',
    }),
    bySource: t.expose('bySource', {
      type: ['SourceCount'],
      description: 'The posts of each source, most first.',
    }),
    complete: t.exposeBoolean('isComplete', {
      description:
        'Whether every post was counted; of a bucket that has not ended, every post until now. False if the topic was ' +
        'not followed all the time, the source was down, or the bucket is no longer kept.',
    }),
  }),
});

builder.objectType('History', {
  description: 'What was counted of a topic.',
  fields: (t) => ({
    buckets: t.expose('buckets', {
      type: ['HistoryBucket'],
      description: 'Every bucket of the span, oldest first, those without posts included.',
    }),
    retainedFrom: t.field({
      type: 'DateTime',
      description: 'Buckets of this length that began earlier are no longer kept.',
      resolve: ({ retainedFrom }) => new Date(retainedFrom),
    }),
    cursor: t.string({
      description:
        'The place of the last event that is counted. A question without `to`, and a subscription that passes this as ' +
        '`after`, together have each event once.',
      resolve: ({ end }) => formatCursor(end),
    }),
  }),
});

builder.queryField('history', (t) =>
  t.field({
    type: 'History',
    description:
      'Looks back at a topic: counts by the minute, by ten minutes or by the hour. Only the time in which a client ' +
      'listened to the topic, or the operator had it followed, is known. Rejected with `BAD_TRACK` if the query cannot ' +
      'be followed, and with `LIMIT_REACHED` if it asks for too many buckets.',
    args: {
      track: t.arg.string({ description: 'The query of the topic, in any spelling.' }),
      from: t.arg({
        type: 'DateTime',
        description: 'The first bucket is the one that has this time.',
      }),
      to: t.arg({
        type: 'DateTime',
        required: false,
        description:
          'The last bucket is the one before this time. Without it, the last is the one that runs.',
      }),
      bucket: t.arg({
        type: BucketEnum,
        defaultValue: 'MINUTE',
        description: 'The length of each bucket.',
      }),
      sources: t.arg.stringList({
        required: false,
        description:
          'The topic of clients that listen to these sources only, and not that of all sources.',
      }),
    },
    async resolve(_root, { track, from, to, bucket, sources }, { lookBack, multiplexer }) {
      const followed = readTrackAt(track, sources, multiplexer.source);
      const span = readSpan(from, to, BUCKETS[bucket], lookBack);
      return right(await lookBack.history(followed, span.from, span.to, bucket));
    },
  }),
);
