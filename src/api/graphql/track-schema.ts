// The part of the schema that says how a query is understood.

import { spellTerm } from '../../track/query-term.ts';
import { chooseSources, readTrack } from './arguments.ts';
import { builder } from './builder.ts';

builder.objectType('Clause', {
  description:
    'One alternative of a track. A post matches it with all terms of `all` and none of `none`.',
  fields: (t) => ({
    all: t.stringList({
      description: 'Words, phrases, hashtags, mentions and cashtags that a post must have.',
      resolve: (clause) => clause.all.map(spellTerm),
    }),
    none: t.stringList({
      description: 'Words, phrases, hashtags, mentions and cashtags that a post must not have.',
      resolve: (clause) => clause.none.map(spellTerm),
    }),
  }),
});

builder.objectType('Track', {
  description: 'A parsed query.',
  fields: (t) => ({
    canonical: t.exposeString('canonical', {
      description:
        'The form that all spellings of this query share. Queries with equal forms share one topic.',
    }),
    clauses: t.expose('clauses', {
      type: ['Clause'],
      description: 'The alternatives. A post must match one of them.',
    }),
    rejectedBy: t.field({
      type: ['Rejection'],
      description:
        'The sources that cannot follow the track for now, while another one does. What they would deliver does not ' +
        'count as missing. With `--nats`, nodes tell each other of up to 100 tracks.',
      args: {
        sources: t.arg.stringList({ required: false, description: 'As for `sentiment`.' }),
      },
      resolve: (track, { sources }, { multiplexer: { source } }) => {
        const { canonical } = chooseSources(track, sources, source);
        return (source.rejections ?? []).filter(({ track }) => track === canonical);
      },
    }),
  }),
});

builder.objectType('Rejection', {
  description: 'Why a source cannot follow a track.',
  fields: (t) => ({
    source: t.exposeString('source', { description: 'The source, such as `x`.' }),
    reason: t.exposeString('reason', { description: 'Why, and what may help.' }),
  }),
});

builder.queryField('track', (t) =>
  t.field({
    type: 'Track',
    description: 'Parses a query. Rejected with `BAD_TRACK` if the query cannot be followed.',
    args: {
      query: t.arg.string({ description: 'A query, such as `coffee -decaf, #espresso`.' }),
    },
    resolve: (_root, { query }) => readTrack(query),
  }),
);
