// What happens when the node that ingests is gone, or wrongly believes that it still ingests.

import { describe, expect, test } from 'vitest';
import { ingesting } from '../support/forged.ts';
import { NOT_SHARED } from '../support/keeping.ts';
import { createNodes, type Node } from '../support/nodes.ts';
import { ticks } from '../support/until.ts';

const wantedBy = (node: Node) => (node.source?.wanted ?? []).map((tracks) => [...tracks].sort());

/** How many times a node has told its source what is wanted. */
const asked = (node: Node) => node.source?.wanted.length ?? 0;

async function start(count = 3) {
  const nodes = createNodes();
  const { leads, others } = await nodes.startMany(count);
  const next = () => others.find((node) => node.leads);
  return { nodes, leads, others: others as [Node, Node], next };
}

/** The keeper of the lease does what `relay` asks next, but its answer is lost. */
async function loseAnswer({ until }: ReturnType<typeof createNodes>, { relay }: Node) {
  relay.losesAnswer = true;
  await until(() => !relay.losesAnswer);
}

describe('when the node that ingests is gone', () => {
  test('it first writes what it counted, for two seconds at most', async () => {
    const nodes = createNodes();
    const { promise, resolve } = Promise.withResolvers<void>();
    const shared = { ...NOT_SHARED, written: () => promise };
    const first = await nodes.startMany(2, { shared });
    const stopped: string[] = [];
    void first.leads.multiplexer.close().then(() => stopped.push('in time'));
    await nodes.pass(1000);
    expect(stopped).toEqual([]);
    resolve();
    await nodes.until(() => stopped.length === 1);

    const [other] = first.others;
    const isStuck = { ...NOT_SHARED, written: () => new Promise<void>(() => {}) };
    const last = nodes.start({ shared: isStuck });
    await nodes.until(() => other?.leads === true && last.multiplexer.cluster.nodes === 2);
    void last.multiplexer.close().then(() => stopped.push('late'));
    await nodes.pass(2100);
    expect(stopped).toEqual(['in time', 'late']);
  });

  test('another one goes on, and listeners learn of the gap once', async () => {
    const { nodes, leads, others, next } = await start();
    const heard = others.map((node) => node.listen('coffee'));
    await nodes.until(() => wantedBy(leads).length > 0);
    await nodes.say('coffee', leads);
    leads.relay.cut();
    await nodes.until(() => next() !== undefined);
    expect(leads.leads).toBe(false);
    await nodes.say('coffee', next());
    await nodes.say('coffee', next());
    for (const { told } of heard) expect(told).toEqual(['p0', 'gap', 'p1', 'p2']);
  });

  test('the next one knows every track before it asks its source for any', async () => {
    const { nodes, leads, others, next } = await start();
    const [one, two] = others;
    for (let i = 0; i < 50; i++) one.listen(`one${i}`);
    for (let i = 0; i < 50; i++) two.listen(`two${i}`);
    await nodes.pass(200);
    leads.relay.cut();
    await nodes.until(() => next() !== undefined);
    const [first] = wantedBy(next() as Node);
    expect(first?.length).toBe(100);
  });

  test('the next one asks for the updates that it missed, and waits for the answer', async () => {
    const { nodes, leads, others, next } = await start();
    const [one, two] = others;
    // Both change what they want, and these messages are lost.
    for (const node of others) node.relay.swallow = true;
    one.listen('one');
    two.listen('two');
    await nodes.pass(500);
    for (const node of others) node.relay.swallow = false;
    leads.relay.cut();
    await nodes.until(() => next() !== undefined);
    expect(wantedBy(next() as Node)[0]).toEqual(['one', 'two']);
  });

  test('a new node hears every peer before it asks its source for any track', async () => {
    const { nodes, leads, others } = await start(2);
    const [other] = others;
    leads.listen('coffee');
    other.listen('tea');
    await nodes.pass(200);
    // Neither will ingest again, so the new node gets the lease.
    await other.multiplexer.handOver();
    await leads.multiplexer.handOver();
    const late = nodes.start();
    await nodes.until(() => (late.source?.wanted.length ?? 0) > 0);
    expect(wantedBy(late)[0]).toEqual(['coffee', 'tea']);
  });

  test('posts that both have read are delivered once', async () => {
    const { nodes, leads, others, next } = await start();
    const heard = others.map((node) => node.listen('coffee'));
    await nodes.until(() => wantedBy(leads).length > 0);
    for (let i = 0; i < 20; i++) leads.source?.say('coffee', { id: `same${i}` });
    await ticks(2);
    leads.relay.cut();
    await nodes.until(() => next() !== undefined);
    for (let i = 10; i < 30; i++) next()?.source?.say('coffee', { id: `same${i}` });
    await ticks(2);
    const once = Array.from({ length: 30 }, (_, i) => `same${i}`);
    for (const { told } of heard) {
      expect(told).toEqual([...once.slice(0, 20), 'gap', ...once.slice(20)]);
    }
  });

  test('and comes back, it gets events like the others', async () => {
    const { nodes, leads, others, next } = await start();
    const here = leads.listen('coffee');
    others[0].listen('coffee');
    await nodes.until(() => wantedBy(leads).length > 0);
    await nodes.say('coffee', leads);
    leads.relay.cut();
    await nodes.until(() => next() !== undefined);
    await nodes.say('coffee', next());
    leads.relay.mend();
    await nodes.pass(1500);
    await nodes.say('coffee', next());
    expect(here.told).toEqual(['p0', 'gap', 'p2']);
  });
});

describe('a node that takes over tens of thousands of tracks', () => {
  const TRACKS = 30_000;
  /** All of them take nine seconds, and the lease lasts five. */
  const TRACK_MS = 0.3;

  /** Three nodes. The first is gone, and the next has begun to open the tracks. */
  async function startBuilding() {
    const nodes = createNodes();
    let opened = 0;
    let trackMs = 0;
    const { leads, others } = await nodes.startMany(3, {
      opened: () => {
        nodes.clock.spend(trackMs);
        opened += 1;
      },
    });
    const [one] = others as [Node];
    const heard = Array.from({ length: TRACKS }, (_, i) => one.listen(`word${i}`));
    await nodes.until(() => leads.source?.wanted.at(-1)?.length === TRACKS);
    await nodes.say('word0 word9', leads);
    leads.relay.cut();
    opened = 0;
    trackMs = TRACK_MS;
    await nodes.until(() => opened > TRACKS / 10 && !leads.leads);
    const next = others.find((node) => node.leads) as Node;
    return { nodes, leads, others, one, next, heard, opened: () => opened };
  }

  test('renews its lease in between, and asks the source for all of them at once', async () => {
    const { nodes, next, heard } = await startBuilding();
    const since = nodes.clock.monotonic();
    await nodes.until(() => !next.leads || asked(next) > 0);
    expect(next.leads).toBe(true);
    expect(nodes.clock.monotonic() - since).toBeGreaterThan(next.relay.lease.ttl);
    expect(wantedBy(next).map(({ length }) => length)).toEqual([TRACKS]);
    await nodes.say('word0');
    expect(heard[0]?.told).toEqual(['p0', 'gap', 'p1']);
  });

  test('reports that it is connecting until it asks the source', async () => {
    const { nodes, others, next } = await startBuilding();
    await nodes.pass(1000);
    const states = () => others.map(({ multiplexer }) => multiplexer.source.state.name);
    expect([asked(next), states()]).toEqual([0, ['connecting', 'connecting']]);
    await nodes.until(() => asked(next) > 0);
    await nodes.pass(1000);
    expect(states()).toEqual(['live', 'live']);
  });

  test('ends with the tracks that are wanted then, whatever has changed meanwhile', async () => {
    const { nodes, one, next, heard } = await startBuilding();
    const first = one.listen('first');
    for (const i of [0, 1, 2, TRACKS - 3, TRACKS - 2, TRACKS - 1]) heard[i]?.stop();
    await nodes.pass(500);
    first.stop();
    const again = ['word1', `word${TRACKS - 1}`].map((query) => one.listen(query));
    const last = one.listen('last');
    await nodes.pass(500);
    again[1]?.stop();
    expect(asked(next)).toBe(0);
    const wanted = new Set(Array.from({ length: TRACKS }, (_, i) => `word${i}`));
    for (const i of [0, 2, TRACKS - 3, TRACKS - 2, TRACKS - 1]) wanted.delete(`word${i}`);
    wanted.add('last');
    await nodes.until(() => next.source?.wanted.at(-1)?.length === wanted.size);
    await nodes.pass(1000);
    expect(new Set(wantedBy(next).at(-1))).toEqual(wanted);
    await nodes.say('word0 word1 word9 last first', next);
    expect(heard.slice(0, 2).map(({ told }) => told)).toEqual([['p0'], []]);
    expect(heard[9]?.told).toEqual(['p0', 'gap', 'p1']);
    for (const listener of [again[0], last]) expect(listener?.told).toEqual(['p1']);
    expect([first.told, again[1]?.told]).toEqual([[], []]);
  });

  test.each([
    ['loses the lease', (node: Node) => node.relay.cut()],
    ['hands over', (node: Node) => void node.multiplexer.handOver()],
  ])('opens no more tracks when it %s, and another one goes on', async (_, leave) => {
    const { nodes, others, next } = await startBuilding();
    const [other] = others.filter((node) => node !== next) as [Node];
    leave(next);
    await nodes.until(() => !next.leads);
    await nodes.until(() => asked(other) > 0);
    expect([asked(next), other.leads]).toEqual([0, true]);
  });
});

test('a node whose claim succeeded without an answer ingests after its next attempt', async () => {
  const { nodes, leads, others } = await start(2);
  await leads.multiplexer.handOver();
  leads.relay.cut();
  const [other] = others;
  await loseAnswer(nodes, other);
  await nodes.pass(other.relay.lease.ttl / 2);
  expect(other.leads).toBe(true);
});

describe('a node that ingests', () => {
  test('stops before the lease can pass to another, when it is cut off', async () => {
    const { nodes, leads, next } = await start();
    leads.listen('coffee');
    leads.relay.cut();
    while (leads.leads) {
      expect(next()).toBeUndefined();
      await nodes.pass(50);
    }
    expect(next()).toBeUndefined();
    await nodes.until(() => next() !== undefined);
  });

  test('publishes nothing after a long sleep, even before any timer rings', async () => {
    const { nodes, leads, others } = await start();
    const here = leads.listen('coffee');
    const there = others[0].listen('coffee');
    await nodes.until(() => wantedBy(leads).length > 0);
    const { monotonic } = nodes.clock;
    const asleep = monotonic.call(nodes.clock) + 60_000;
    nodes.clock.monotonic = () => asleep;
    leads.source?.say('coffee');
    nodes.clock.monotonic = monotonic;
    await ticks(2);
    expect([here.told, there.told]).toEqual([[], []]);
    expect(leads.leads).toBe(false);
  });

  test('ends its term when it hears of another one that the keeper of the lease confirms', async () => {
    const { nodes, leads, others } = await start();
    nodes.hub.seizeLease('x 1000');
    others[0].relay.inject('nodes', ingesting('x', 1000));
    await ticks(2);
    expect(leads.leads).toBe(false);
    await nodes.until(() => nodes.leader() !== undefined);
    others[1].listen('coffee');
    await nodes.pass(200);
    await nodes.say('coffee');
    expect(others[1].multiplexer.counters.eventsDelivered).toBe(1);
  });

  test('hands over at once', async () => {
    const { nodes, leads, others, next } = await start();
    const { told } = others[0].listen('coffee');
    await nodes.until(() => wantedBy(leads).length > 0);
    await leads.multiplexer.handOver();
    await nodes.pass(100);
    expect(next()).toBeDefined();
    await nodes.say('coffee', next());
    expect(told).toEqual(['gap', 'p0']);
  });

  test('goes on without a gap when the answer to a renewal was lost', async () => {
    const { nodes, leads, others } = await start();
    const { told } = others[0].listen('coffee');
    await nodes.until(() => wantedBy(leads).length > 0);
    await nodes.say('coffee', leads);
    await loseAnswer(nodes, leads);
    await nodes.pass(2 * leads.relay.lease.ttl);
    await nodes.say('coffee', leads);
    expect(told).toEqual(['p0', 'p1']);
  });

  test('hands over at once, even if the answer to its last renewal was lost', async () => {
    const { nodes, leads, next } = await start();
    await loseAnswer(nodes, leads);
    await leads.multiplexer.handOver();
    await nodes.pass(100);
    expect(next()).toBeDefined();
  });

  test('goes on after a gap when the keeper of the lease has forgotten it', async () => {
    const { nodes, leads, others } = await start();
    const { told } = others[0].listen('coffee');
    await nodes.until(() => wantedBy(leads).length > 0);
    await nodes.say('coffee', leads);
    nodes.hub.forgetLease();
    await nodes.until(() => !leads.leads);
    await nodes.until(() => nodes.leader() !== undefined);
    await nodes.say('coffee');
    expect(told).toEqual(['p0', 'gap', 'p1']);
  });
});

describe('a gap', () => {
  test('is reported to a node that was forgotten for a while, even before its first event', async () => {
    const { nodes, leads, others } = await start();
    const tea = others[0].listen('tea');
    const milk = others[0].listen('milk');
    leads.listen('coffee');
    await nodes.until(() => wantedBy(leads).at(-1)?.length === 3);
    await nodes.say('tea', leads);
    others[0].relay.cut();
    await nodes.pass(15_000);
    expect(wantedBy(leads).at(-1)).toEqual(['coffee']);
    await nodes.say('tea and milk', leads);
    others[0].relay.mend();
    await nodes.until(() => wantedBy(leads).at(-1)?.length === 3);
    await nodes.say('tea and milk', leads);
    expect(tea.told).toEqual(['p0', 'gap', 'p2']);
    expect(milk.told).toEqual(['gap', 'p2']);
  });

  test('is reported where messages were lost, and only there', async () => {
    const { nodes, leads, others } = await start();
    const coffee = others[0].listen('coffee');
    const tea = others[0].listen('tea');
    await nodes.until(() => wantedBy(leads).at(-1)?.length === 2);
    await nodes.say('coffee', leads);
    await nodes.say('tea', leads);
    leads.relay.swallow = true;
    await nodes.say('coffee', leads);
    leads.relay.swallow = false;
    await nodes.say('coffee and tea', leads);
    await nodes.say('coffee and tea', leads);
    expect(coffee.told).toEqual(['p0', 'gap', 'p3', 'p4']);
    expect(tea.told).toEqual(['p1', 'p3', 'p4']);
    expect(others[0].multiplexer.cluster.counters.gaps).toBe(1);
  });
});
