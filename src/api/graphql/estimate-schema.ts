// The part of the schema that gives the price of a track before it is opened.

import { readTrack } from './arguments.ts';
import { builder } from './builder.ts';

builder.objectType('Estimate', {
  description:
    'What X would send and charge for a track, and what is left for it. With several sources, it is about X alone.',
  fields: (t) => ({
    postsPerDay: t.exposeFloat('postsPerDay', {
      nullable: true,
      description:
        'Posts a day that X would send: the mean of its last seven days, counted with the very rule that the server would ' +
        'write. The count is kept for an hour. Null if it is not known; then `reason` says why.',
    }),
    costPerDay: t.exposeFloat('costPerDay', {
      nullable: true,
      description: 'What these posts would cost a day, in US dollars.',
    }),
    paidShare: t.exposeFloat('paidShare', {
      nullable: true,
      description:
        'The share of these posts that open topics bring anyway, on any node: X charges once for a post that several topics ' +
        'match. Null if it is not known: there are too many open topics to ask X for, or the estimates of the day are used up.',
    }),
    postsLeft: t.exposeFloat('postsLeft', {
      nullable: true,
      description:
        'Posts that the server may still read, today and this month, whichever is less. Null without a limit.',
    }),
    lastsSeconds: t.exposeFloat('lastsSeconds', {
      nullable: true,
      description:
        'How long `postsLeft` would last for this track and the open topics together, in seconds. These count with the rate of ' +
        'the last hour. Null if `postsLeft` or `postsPerDay` is not known, or no posts come.',
    }),
    reason: t.exposeString('reason', {
      nullable: true,
      description:
        'Why `postsPerDay` is not known: the sources are free, the rule is too long for X to count, the estimates of the ' +
        'day are used up, or X did not answer.',
    }),
  }),
});

builder.queryField('estimate', (t) =>
  t.field({
    type: 'Estimate',
    description:
      'Tells what a track would bring and cost, before it is opened. X charges for a new estimate, so the server pays for ' +
      'few of them a day. Rejected with `BAD_TRACK` if the query cannot be followed.',
    args: {
      track: t.arg.string({ description: 'A query, as for `sentiment`.' }),
    },
    resolve: (_root, { track }, { estimate }) => estimate(readTrack(track)),
  }),
);
