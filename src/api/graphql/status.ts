// The part of the schema that says how the server is doing.

import { partsOf } from '../../source/source.ts';
import { COUNTS } from '../../stream/counters.ts';
import { builder } from './builder.ts';

builder.objectType('Usage', {
  description:
    'What the server has read from a source that charges by the post, today and this month, by UTC. With `--nats`, all ' +
    'nodes together.',
  fields: (t) => ({
    postsToday: t.exposeFloat('postsToday', { description: 'Posts read today.' }),
    estimatesToday: t.exposeInt('estimatesToday', {
      description: 'Estimates paid for today. Each takes the place of a post in `allowance`.',
    }),
    costToday: t.exposeFloat('costToday', {
      description: "What today's posts and estimates cost, in US dollars.",
    }),
    allowance: t.float({
      nullable: true,
      description: 'Posts that the server may read in a day. Null means no limit.',
      resolve: ({ allowance }) => (allowance === 'none' ? null : allowance),
    }),
    resetsAt: t.field({
      type: 'DateTime',
      description: 'When the next day begins.',
      resolve: ({ resetsAt }) => new Date(resetsAt),
    }),
    postsThisMonth: t.exposeFloat('postsThisMonth', { description: 'Posts read this month.' }),
    monthlyAllowance: t.float({
      nullable: true,
      description: 'Posts that the server may read in a month. Null means no limit.',
      resolve: ({ monthlyAllowance: most }) => (most === 'none' ? null : most),
    }),
    monthResetsAt: t.field({
      type: 'DateTime',
      description: 'When the next month begins.',
      resolve: ({ monthResetsAt }) => new Date(monthResetsAt),
    }),
  }),
});

const READ = ['postsSeen', 'postsMatched', 'postsBad', 'postsRepeated'] as const;

builder.objectType('SourceStatus', {
  description: 'A source of posts.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'The name of the source, such as `x`, `replay` or `sample`.',
    }),
    state: t.string({
      description:
        '`idle` (no client wants its posts), `connecting`, `live`, `waiting` (it tries again by itself) ' +
        'or `paused`.',
      resolve: ({ state }) => state.name,
    }),
    reason: t.string({
      nullable: true,
      description: 'Why the source is waiting or paused.',
      resolve: ({ state }) => ('reason' in state ? state.reason : null),
    }),
    until: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the source goes on, if that is known.',
      resolve: ({ state }) =>
        'until' in state && state.until !== undefined ? new Date(state.until) : null,
    }),
    usage: t.expose('usage', {
      type: 'Usage',
      nullable: true,
      description:
        'What the server has read today and this month, if the source charges by the post.',
    }),
    ...Object.fromEntries(
      READ.map((count) => [
        count,
        t.float({
          description: COUNTS[count],
          resolve: ({ name }, _args, { multiplexer: { bySource, counters } }) =>
            (bySource.get(name) ?? counters)[count],
        }),
      ]),
    ),
  }),
});

const RoleEnum = builder.enumType('Role', {
  description: 'What a node does besides serving its clients.',
  values: {
    INGEST: { description: 'The node reads the source and makes the events for all nodes.' },
    GATEWAY: { description: 'The node gets its events from the node that ingests.' },
  },
});

builder.objectType('Node', {
  description: 'One process of the server.',
  fields: (t) => ({
    id: t.exposeID('id', {
      description: 'The name of the node. Every start makes a new one. `single` without `--nats`.',
    }),
    role: t.expose('role', { type: RoleEnum, description: 'What the node does at the moment.' }),
  }),
});

builder.objectType('Cluster', {
  description:
    'The nodes that share one source. Counts of messages, events and gaps are those of the answering node.',
  fields: (t) => ({
    nodes: t.exposeInt('nodes', { description: 'Nodes that are alive.' }),
    activeTracks: t.exposeInt('tracks', {
      description: 'Distinct tracks with listeners on any node.',
    }),
    listeners: t.exposeInt('listeners', {
      description:
        'Open subscriptions and tracking sockets on all nodes. Those of a node that share a window count as one.',
    }),
    problem: t.exposeString('problem', {
      nullable: true,
      description: 'What is wrong between this node and the others, if anything.',
    }),
    messagesLost: t.float({
      description: 'Messages that this node could not send, for example while NATS was away.',
      resolve: ({ counters }) => counters.lost,
    }),
    messagesBad: t.float({
      description: 'Messages from NATS that this node could not read.',
      resolve: ({ counters }) => counters.bad,
    }),
    eventsRepeated: t.float({
      description: 'Events that arrived late or repeatedly, and were not delivered.',
      resolve: ({ counters }) => counters.repeated,
    }),
    gaps: t.float({
      description: 'Gaps that listeners were told about, counted once for each topic.',
      resolve: ({ counters }) => counters.gaps,
    }),
  }),
});

const SHOWN = [...READ, 'eventsDelivered', 'eventsDropped'] as const;

builder.objectType('Status', {
  description: 'The state of the server. Counts are whole numbers and begin at its start.',
  fields: (t) => ({
    source: t.expose('source', {
      type: 'SourceStatus',
      description:
        'All sources together: `live` while at least one is, and otherwise in the best state that any is in. ' +
        '`sources` has each by itself.',
    }),
    sources: t.field({
      type: ['SourceStatus'],
      description: 'Each source of the posts, in the order of `--source`.',
      resolve: ({ source }) => partsOf(source),
    }),
    activeTracks: t.exposeInt('tracks', {
      description: 'Distinct tracks with listeners on this node.',
    }),
    listeners: t.exposeInt('listeners', {
      description:
        'Open subscriptions and tracking sockets on this node. Those that share a window count as one.',
    }),
    node: t.expose('cluster', {
      type: 'Node',
      description: 'The node that answers. With `--nats` there can be more.',
    }),
    cluster: t.expose('cluster', {
      type: 'Cluster',
      description: 'All nodes together, as far as this one knows.',
    }),
    ...Object.fromEntries(
      SHOWN.map((count) => [
        count,
        t.float({ description: COUNTS[count], resolve: ({ counters }) => counters[count] }),
      ]),
    ),
  }),
});
