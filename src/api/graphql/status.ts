// The part of the schema that says how the server is doing.

import { builder } from './builder.ts';

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

const RoleEnum = builder.enumType('Role', {
  description: 'What a node does besides serving its clients.',
  values: {
    INGEST: { description: 'It reads the source and makes the events, for every node.' },
    GATEWAY: { description: 'It is fed by the node that ingests.' },
  },
});

builder.objectType('Node', {
  description: 'One process of the server.',
  fields: (t) => ({
    id: t.exposeID('id', {
      description: 'Its name, new with every start; `single` without others.',
    }),
    role: t.expose('role', { type: RoleEnum, description: 'What it does at the moment.' }),
  }),
});

builder.objectType('Cluster', {
  description:
    'Nodes that share one source. Counts of messages are those of the node that answers.',
  fields: (t) => ({
    nodes: t.int({
      description: 'Nodes that are alive.',
      resolve: ({ nodes }) => nodes,
    }),
    activeTracks: t.int({
      description: 'Distinct tracks that somebody listens to on any of them.',
      resolve: ({ tracks }) => tracks,
    }),
    listeners: t.int({
      description: 'Open subscriptions and tracking sockets of all of them.',
      resolve: ({ listeners }) => listeners,
    }),
    problem: t.string({
      nullable: true,
      description: 'What is wrong between this node and the others, if anything is.',
      resolve: ({ problem }) => problem,
    }),
    messagesLost: t.float({
      description: 'Messages that this node could not send, as while NATS was away.',
      resolve: ({ counters }) => counters.lost,
    }),
    messagesBad: t.float({
      description: 'Messages from NATS that were not what they should be.',
      resolve: ({ counters }) => counters.bad,
    }),
    eventsRepeated: t.float({
      description: 'Events that came late or again, and were not delivered.',
      resolve: ({ counters }) => counters.repeated,
    }),
    gaps: t.float({
      description: 'Gaps that listeners were told of, once for each topic.',
      resolve: ({ counters }) => counters.gaps,
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
      description: 'Distinct tracks that somebody listens to on this node.',
      resolve: ({ tracks }) => tracks,
    }),
    listeners: t.int({
      description: 'Open subscriptions and tracking sockets of this node.',
      resolve: ({ listeners }) => listeners,
    }),
    node: t.field({
      type: 'Node',
      description: 'The node that answers; there are more of them with `--nats`.',
      resolve: ({ cluster }) => cluster,
    }),
    cluster: t.field({
      type: 'Cluster',
      description: 'All nodes together, as far as this one knows.',
      resolve: ({ cluster }) => cluster,
    }),
    postsSeen: t.float({
      description: 'Posts that came from the source.',
      resolve: ({ counters }) => counters.postsSeen,
    }),
    postsMatched: t.float({
      description: 'Posts that matched at least one track.',
      resolve: ({ counters }) => counters.postsMatched,
    }),
    postsBad: t.float({
      description: 'Records from the source that were no usable posts.',
      resolve: ({ counters }) => counters.postsBad,
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
