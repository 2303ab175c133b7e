// The part of the schema that says what the posts of a track were like over a span of time.

import { EVERY, SPAN, type Span, TOP_HASHTAGS } from '../../stream/windows.ts';
import { readTrackAt, readWindow } from './arguments.ts';
import { builder } from './builder.ts';

type Types = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer T> ? T : never;

/** The fields of a span. A window is a span too. */
function spanFields<T extends Span>(t: PothosSchemaTypes.ObjectFieldBuilder<Types, T>) {
  const share = (polarity: 0 | 1 | 2, name: string) =>
    t.float({
      nullable: true,
      description: `The ${name} share of the posts, from 0 to 1. Null without posts.`,
      resolve: (span) => perPost(span, span.counts[polarity]),
    });
  return {
    from: t.field({
      type: 'DateTime',
      description: 'When the span begins.',
      resolve: ({ from }) => new Date(from),
    }),
    to: t.field({
      type: 'DateTime',
      description: 'When the span ends. It includes nothing of this moment itself.',
      resolve: ({ to }) => new Date(to),
    }),
    complete: t.boolean({
      description:
        'Whether every post of the span is counted. False until the server has followed the track for the whole ' +
        'span, and again after a gap or an outage of the source in it.',
      resolve: ({ isComplete }) => isComplete,
    }),
    posts: t.int({ description: 'Posts of the span.', resolve: postsOf }),
    positive: t.int({ description: 'Positive posts.', resolve: ({ counts }) => counts[0] }),
    negative: t.int({ description: 'Negative posts.', resolve: ({ counts }) => counts[1] }),
    neutral: t.int({ description: 'Neutral posts.', resolve: ({ counts }) => counts[2] }),
    positiveShare: share(0, 'positive'),
    negativeShare: share(1, 'negative'),
    neutralShare: share(2, 'neutral'),
    meanScore: t.float({
      nullable: true,
      description: 'The mean of the scores, from -1 to 1. Null without posts.',
      resolve: (span) => perPost(span, span.scoreSum),
    }),
    postsPerMinute: t.float({
      nullable: true,
      description:
        'Posts a minute, in the part of the span in which every post is counted. Null without such a part.',
      resolve: ({ postsPerMinute }) => postsPerMinute,
    }),
    bySource: t.field({
      type: ['SourceCount'],
      description: 'The posts of each source, most first.',
      resolve: ({ bySource }) => bySource,
    }),
    hashtags: t.field({
      type: ['HashtagCount'],
      description:
        `The ${TOP_HASHTAGS} hashtags that most posts have, each with the number of these posts; most frequent first, ` +
        'then by name. Of a time with many different hashtags, rare ones may be counted too low.',
      resolve: ({ hashtags }) => hashtags,
    }),
  };
}

builder.objectType('Span', {
  description: 'The posts of a track in a span of time.',
  fields: (t) => spanFields(t),
});

builder.objectType('Window', {
  description:
    'The posts of a track over the last span of time. Its beginning is rounded down, by less than a sixtieth of ' +
    'the span.',
  fields: (t) => ({
    ...spanFields(t),
    previous: t.expose('previous', {
      type: 'Span',
      description: 'The same of the span before, so that a trend shows.',
    }),
    spike: t.exposeBoolean('isSpike', {
      description:
        'Whether the last minute has far more posts than the minutes of the span before it lead to expect: at ' +
        'least 10, at least twice as many a minute, and so many that chance would bring them once in 10,000 minutes ' +
        '(the test of Li and Ma, widened where posts come in bursts). It looks at 5 to 60 whole minutes; false ' +
        'while fewer are known.',
    }),
  }),
});

builder.subscriptionField('window', (t) =>
  t.field({
    type: 'Window',
    description:
      'Sends what the posts that match `track` were like over the last `span` seconds: at once, and then at each ' +
      'whole multiple of `every` seconds (UTC). Rejected with `BAD_TRACK` if the query cannot be followed.',
    args: {
      track: t.arg.string({ description: 'A query, as for `sentiment`.' }),
      span: t.arg.int({
        required: true,
        defaultValue: SPAN.usual,
        description: `How far a window goes back, in seconds: from ${SPAN.least} to ${SPAN.most}.`,
      }),
      every: t.arg.int({
        required: true,
        defaultValue: EVERY.usual,
        description: `From one window to the next, in seconds: from ${EVERY.least} to ${EVERY.most}.`,
      }),
      sources: t.arg.stringList({ required: false, description: 'As for `sentiment`.' }),
    },
    subscribe: (_root, { track, span, every, sources }, { watch, multiplexer }) =>
      watch(readWindow(readTrackAt(track, sources, multiplexer.source), span, every)),
    resolve: (window) => window,
  }),
);

function postsOf({ counts }: Span): number {
  return counts[0] + counts[1] + counts[2];
}

function perPost(span: Span, sum: number): number | null {
  const posts = postsOf(span);
  return posts === 0 ? null : sum / posts;
}
