// Nodes that share one source, with a relay in memory and a clock that the test moves.

import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { UserError } from '../../src/base/user-error.ts';
import { GONE_AFTER_MS } from '../../src/cluster/peers.ts';
import { parseTerm } from '../../src/cluster/term.ts';
import { atSources } from '../../src/track/track.ts';
import { alive } from '../support/forged.ts';
import { createNodes, type Node } from '../support/nodes.ts';
import { track } from '../support/tracks.ts';
import { ticks } from '../support/until.ts';

const wantedBy = (node: Node | undefined) => [...(node?.source?.wanted.at(-1) ?? [])].sort();

describe('nodes', () => {
  test('share the source of the node that ingests', async () => {
    const nodes = createNodes();
    const { leads, others } = await nodes.startMany(3);
    const [one, two] = others as [Node, Node];
    expect(others.map(({ source }) => source)).toEqual([undefined, undefined]);
    const heard = [leads.listen('coffee'), one.listen('Coffee'), two.listen('tea')];
    await nodes.until(() => wantedBy(leads).length === 2);
    await nodes.say('coffee #bean is great', leads);
    await nodes.say('tea', leads);
    await nodes.say('coffee and tea', leads);
    expect(heard.map(({ told }) => told)).toEqual([
      ['p0', 'p2'],
      ['p0', 'p2'],
      ['p1', 'p2'],
    ]);
    const [here, there] = heard.map(({ events }) => events[0]);
    expect({ ...there, post: { ...there?.post, text: here?.post.text } }).toEqual(here);
  });

  test('all report the same numbers of nodes, tracks and listeners', async () => {
    const nodes = createNodes();
    const { leads, others } = await nodes.startMany(3);
    const [one, two] = others as [Node, Node];
    leads.listen('coffee');
    one.listen('coffee');
    one.listen('tea');
    two.listen('tea');
    await nodes.pass(1500);
    for (const { multiplexer } of [leads, one, two]) {
      expect(multiplexer.cluster).toMatchObject({ nodes: 3, tracks: 2, listeners: 4 });
      expect(multiplexer.source).toMatchObject({ name: 'hand', state: { name: 'live' } });
    }
    expect([leads, one, two].map(({ multiplexer }) => multiplexer.cluster.role).sort()).toEqual([
      'GATEWAY',
      'GATEWAY',
      'INGEST',
    ]);
  });

  test('pass a post that matches twenty tracks on as one event, and analyze it once', async () => {
    const nodes = createNodes();
    let analyzed = 0;
    const leads = nodes.start({ analyzed: () => analyzed++ });
    await nodes.until(() => leads.leads);
    const other = nodes.start();
    const heard = Array.from({ length: 20 }, (_, i) => other.listen(`word${i}`));
    await nodes.until(() => wantedBy(leads).length === 20);
    await nodes.say(Array.from({ length: 20 }, (_, i) => `word${i}`).join(' '), leads);
    expect(heard.map(({ told }) => told)).toEqual(heard.map(() => ['p0']));
    expect(new Set(heard.flatMap(({ events }) => events)).size).toBe(1);
    expect(analyzed).toBe(1);
  });

  test('send only events that a peer wants', async () => {
    const nodes = createNodes();
    const { leads, others } = await nodes.startMany(2);
    const [other] = others as [Node];
    leads.listen('coffee');
    const tea = other.listen('tea');
    await nodes.until(() => wantedBy(leads).length === 2);
    await nodes.say('coffee', leads);
    await nodes.say('tea', leads);
    const channels = [...leads.relay.sent.keys()].filter((channel) => channel !== 'nodes');
    expect(channels.length).toBe(1);
    tea.stop();
    await nodes.until(() => wantedBy(leads).length === 1);
    await nodes.say('tea', leads);
    expect(leads.relay.sent.get(channels[0] ?? '')).toBe(1);
  });

  test('let the node that ingests know of ten thousand tracks within a second', async () => {
    const nodes = createNodes();
    const { leads, others } = await nodes.startMany(2);
    const [other] = others as [Node];
    const open = Array.from({ length: 10_000 }, (_, i) => other.listen(`word${i}`));
    await nodes.pass(1000);
    expect(wantedBy(leads).length).toBe(10_000);
    for (const { stop } of open.slice(1)) stop();
    await nodes.pass(1000);
    expect(wantedBy(leads)).toEqual(['word0']);
  });

  test('forget the tracks of a dead node within fifteen seconds', async () => {
    const nodes = createNodes();
    const { leads, others } = await nodes.startMany(2);
    const [other] = others as [Node];
    other.listen('tea');
    leads.listen('coffee');
    await nodes.until(() => wantedBy(leads).length === 2);
    other.relay.cut();
    await nodes.pass(GONE_AFTER_MS - 2000);
    expect(wantedBy(leads)).toEqual(['coffee', 'tea']);
    await nodes.pass(15_000 - GONE_AFTER_MS + 2000);
    expect(wantedBy(leads)).toEqual(['coffee']);
    expect(leads.multiplexer.cluster).toMatchObject({ nodes: 1, listeners: 1 });
    other.relay.mend();
    await nodes.pass(1000);
    expect(wantedBy(leads)).toEqual(['coffee', 'tea']);
  });

  test('learn again what a node wants after its messages were lost', async () => {
    const nodes = createNodes();
    const { leads, others } = await nodes.startMany(2);
    const [other] = others as [Node];
    const tea = other.listen('tea');
    await nodes.until(() => wantedBy(leads).length === 1);
    other.relay.swallow = true;
    tea.stop();
    other.listen('milk');
    await nodes.pass(500);
    other.listen('sugar');
    await nodes.pass(500);
    expect(wantedBy(leads)).toEqual(['tea']);
    other.relay.swallow = false;
    await nodes.pass(1500);
    expect(wantedBy(leads)).toEqual(['milk', 'sugar']);
  });

  test('do not announce themselves while they are cut off, which would count as lost', async () => {
    const nodes = createNodes();
    const { others } = await nodes.startMany(3);
    const [one] = others as [Node];
    one.relay.cut();
    await nodes.pass(5000);
    expect(one.multiplexer.cluster.counters.lost).toBe(0);
    one.relay.mend();
    await nodes.until(() => others.every(({ multiplexer }) => multiplexer.cluster.nodes === 3));
  });

  test('end the listeners of a track that the source rejects, on every node', async () => {
    const nodes = createNodes();
    const { leads, others } = await nodes.startMany(3);
    const heard = [leads, ...others].map((node) => [node.listen('coffee'), node.listen('tea')]);
    await nodes.until(() => wantedBy(leads).length === 2);
    const error = new UserError('UPSTREAM_FULL', 'No room.');
    leads.source?.sink.rejected(track('coffee'), error);
    await ticks(3);
    for (const [coffee, tea] of heard) expect([coffee?.ends, tea?.ends]).toEqual([[error], []]);
    // A node that reads other sources has taken over.
    const ends: (UserError | undefined)[] = [];
    const end = (why?: UserError) => ends.push(why);
    others[0]?.multiplexer.listen(atSources(track('milk'), ['x']), { event: () => {}, end });
    await nodes.until(() => ends.length > 0);
    expect(ends[0]?.message).toMatch(/cannot follow "milk \[x\]"; use .* the same sources/);
    const again = (others[0] as Node).listen('coffee');
    await nodes.until(() => wantedBy(leads).length === 2);
    await nodes.say('coffee', leads);
    expect(again.told).toEqual(['p0']);
  });

  test('end the listeners of a track that cannot be followed, on every node', async () => {
    const nodes = createNodes();
    const { leads, others } = await nodes.startMany(2);
    const ends: (UserError | undefined)[] = [];
    for (const { multiplexer } of [leads, ...others]) {
      multiplexer.listen(
        { canonical: 'Not canonical', clauses: [] },
        { event: () => {}, end: (error) => ends.push(error) },
      );
    }
    await nodes.pass(200);
    expect(ends.map((error) => error?.code)).toEqual(['BAD_TRACK', 'BAD_TRACK']);
    for (const { multiplexer } of [leads, ...others]) expect(multiplexer.listeners).toBe(0);
  });

  test('log an error if a node would score differently than the node that ingests', async () => {
    const nodes = createNodes();
    nodes.start();
    await nodes.until(() => nodes.leader() !== undefined);
    const other = nodes.start({ scoring: 'profile=original' });
    await nodes.pass(5000);
    expect(other.logged.filter((line) => line.startsWith('error'))).toEqual([
      'error cluster: node node-1 ingests with profile=full, but this node was started with profile=original; give all nodes the same options',
    ]);
    expect(other.multiplexer.cluster.problem).toContain('profile=original');
    expect(nodes.leader()?.multiplexer.cluster.problem).toBeUndefined();
    await nodes.leader()?.multiplexer.handOver();
    await nodes.until(() => other.leads);
    expect(other.multiplexer.cluster.problem).toBeUndefined();
  });

  test.each([
    [-90_000, 'node-1, which ingests, is 90 s ahead of'],
    [3000, 'node-1, which ingests, is 3 s behind'],
  ])('log an error if the clock of a node is %s ms apart', async (ms, how) => {
    const nodes = createNodes();
    nodes.start();
    await nodes.until(() => nodes.leader() !== undefined);
    let drift = 0;
    const clock: Clock = {
      now: () => nodes.clock.now() + ms + drift,
      monotonic: () => nodes.clock.monotonic(),
      after: (wait, then) => nodes.clock.after(wait, then),
    };
    const other = nodes.start({ clock });
    await nodes.pass(10_000);
    expect(other.logged.filter((line) => line.startsWith('error'))).toEqual([
      expect.stringContaining(how),
    ]);
    const problem = () => other.multiplexer.cluster.problem;
    expect(problem()).toContain(how);
    drift = -10_000 - ms;
    await nodes.pass(1000);
    expect(problem()).toContain('node-1, which ingests, is 10 s ahead of');
    const next = nodes.start();
    await nodes.leader()?.multiplexer.handOver();
    await nodes.until(() => next.leads || other.leads);
    if (other.leads) await other.multiplexer.handOver();
    await nodes.until(() => next.leads && problem()?.includes('node-3, which') === true);
    drift = -ms;
    await nodes.until(() => problem() === undefined);
    expect(other.logged.filter((line) => line.includes('clock'))).toHaveLength(1);
  });

  test('do not take messages that were late for those of another clock', async () => {
    const nodes = createNodes();
    const { leads, others } = await nodes.startMany(2);
    const [other] = others as [Node];
    const { id } = leads.multiplexer.cluster;
    const { epoch = 0 } = parseTerm(nodes.hub.holder ?? '', 0) ?? {};
    const ingest = { epoch, name: 'hand', state: { name: 'live' } } as const;
    for (let wait = 0; wait < 3; wait++) {
      await nodes.pass(3000);
      for (let late = 20_000; late > 0; late -= 1000) {
        leads.relay.inject('nodes', alive(id, { ingest, time: nodes.clock.now() - late }));
      }
      await ticks(2);
    }
    expect(other.logged).toEqual([]);
  });

  test('say what they wait for when the keeper of the lease does not answer', async () => {
    const nodes = createNodes();
    const { relay, multiplexer } = nodes.start();
    await nodes.until(() => nodes.leader() !== undefined);
    relay.losesAnswer = true;
    await nodes.until(() => multiplexer.cluster.problem === 'cannot claim the lease: no answer');
    await nodes.until(() => multiplexer.cluster.problem === undefined);
  });

  test('show no secret that the relay repeats in its reasons', async () => {
    const nodes = createNodes();
    const { relay, multiplexer } = nodes.start({
      redact: (text) => text.replace('cut off', '[redacted]'),
    });
    await nodes.until(() => nodes.leader() !== undefined);
    relay.cut();
    expect(multiplexer.cluster.problem).toBe('[redacted]');
    expect(multiplexer.source.state).toMatchObject({ name: 'waiting', reason: '[redacted]' });
  });

  test('count and skip bad messages, and log them at most once a minute', async () => {
    const nodes = createNodes();
    const { leads, others } = await nodes.startMany(2);
    const [other] = others as [Node];
    other.listen('coffee');
    await nodes.until(() => wantedBy(leads).length === 1);
    const topic = [...leads.relay.sent.keys(), ...other.relay.sent.keys()];
    expect(topic).toContain('nodes');
    for (const text of ['', 'nonsense', '[]', 'null', '{"kind":"__proto__","node":"x"}']) {
      leads.relay.inject('nodes', text);
    }
    await ticks(2);
    expect(other.multiplexer.cluster.counters.bad).toBe(5);
    expect(other.logged.length).toBe(1);
    await nodes.say('coffee', leads);
    expect(other.multiplexer.counters.eventsDelivered).toBe(1);
  });
});
