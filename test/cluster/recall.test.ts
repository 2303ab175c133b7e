// Resuming at any node: what a gateway lacks, it gets from the node that ingests.

import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Position } from '../../src/base/position.ts';
import { recallChannels } from '../../src/cluster/recall-message.ts';
import type { SentimentEvent } from '../../src/sentiment/analysis.ts';
import { createNodes, type Node } from '../support/nodes.ts';
import { ticks } from '../support/until.ts';

const LINGER_MS = 120_000;
/** The promise of the contract. */
const WITHIN_MS = 2100;

type Options = Parameters<ReturnType<typeof createNodes>['start']>[0];

async function start(options: Options = {}, count = 3) {
  const nodes = createNodes();
  const { leads, others } = await nodes.startMany(count, { lingerMs: LINGER_MS, ...options });
  const [one, two] = others as [Node, Node];
  const questions = recallChannels(leads.multiplexer.cluster.id).questions;
  return {
    nodes,
    leads,
    one,
    two,
    /** Has the node that ingests follow `query`, for a listener that stays at `at`. */
    async follow(query: string, at: Node) {
      const listener = at.listen(query);
      await nodes.until(() => leads.source?.wanted.at(-1)?.includes(query) === true);
      return listener;
    },
    /** Questions that a node has asked. */
    asked: ({ relay }: Node) => relay.sent.get(questions) ?? 0,
  };
}

function positionOf(events: readonly SentimentEvent[], index: number): Position {
  const event = events.at(index);
  if (event === undefined) throw new Error('there is no such event');
  return event.position;
}

describe('a listener that resumes at another node', () => {
  test('gets what it has missed, each event once, and then what follows', async () => {
    const { nodes, one, two, follow } = await start();
    const before = await follow('coffee', one);
    for (let i = 0; i < 10; i++) await nodes.say('coffee');
    const after = positionOf(before.events, 1);
    before.stop();
    await nodes.say('coffee');
    const { told } = two.listen('coffee', { after });
    await nodes.until(() => told.length > 3);
    await nodes.say('coffee');
    await nodes.until(() => told.includes('p11'));
    expect(told).toEqual(['recovered', ...Array.from({ length: 10 }, (_, i) => `p${i + 2}`)]);
  });

  test('gets all events of a quiet track, after any time', async () => {
    const { nodes, one, two, follow } = await start();
    const before = await follow('tea', one);
    await nodes.say('tea');
    for (let i = 0; i < 50; i++) await nodes.say('coffee');
    await nodes.pass(10_000);
    const { told } = two.listen('tea', { after: positionOf(before.events, 0) });
    await nodes.until(() => told.length > 0);
    expect(told).toEqual(['recovered']);
    await nodes.say('tea');
    expect(told).toEqual(['recovered', 'p51']);
  });

  test('gets what it has missed, although another that lacked nothing resumed there just before', async () => {
    const { nodes, leads, one, follow } = await start();
    const before = await follow('coffee', leads);
    for (let i = 0; i < 3; i++) await nodes.say('coffee');
    const first = one.listen('coffee', { after: positionOf(before.events, 2) });
    await nodes.until(() => first.told.length > 0);
    const second = one.listen('coffee', { after: positionOf(before.events, 0) });
    await nodes.until(() => second.told.length > 0);
    await nodes.say('coffee');
    expect(first.told).toEqual(['recovered', 'p3']);
    expect(second.told).toEqual(['recovered', 'p1', 'p2', 'p3']);
  });

  test('gets each event once, however fast they come while it catches up', async () => {
    const { nodes, one, two, follow } = await start();
    const before = await follow('coffee', one);
    for (let i = 0; i < 50; i++) await nodes.say('coffee');
    const { told } = two.listen('coffee', { after: positionOf(before.events, 9) });
    for (let i = 0; i < 200; i++) {
      await nodes.say('coffee');
      if (i % 10 === 0) nodes.clock.advance(5);
    }
    await nodes.until(() => told.includes('p249'));
    expect(told).toEqual(['recovered', ...Array.from({ length: 240 }, (_, i) => `p${i + 10}`)]);
  });

  test('gets more than fits into one message', async () => {
    const { nodes, leads, one, two, follow } = await start();
    const before = await follow('coffee', one);
    for (let i = 0; i < 500; i++) {
      leads.source?.say(`coffee ${'x'.repeat(2900)}`, { id: `long${i}` });
    }
    await nodes.until(() => before.events.length === 500);
    const { told } = two.listen('coffee', { after: positionOf(before.events, 9) });
    await nodes.until(() => told.length > 490);
    expect(told).toEqual(['recovered', ...Array.from({ length: 490 }, (_, i) => `long${i + 10}`)]);
  });

  test('gets what the track of its lost node missed, as long as the track lingers', async () => {
    const { nodes, one, two, follow } = await start();
    const before = await follow('coffee', one);
    await nodes.say('coffee');
    one.relay.cut();
    // The peers forget the node, so that nothing wants the track any more.
    await nodes.pass(15_000);
    await nodes.say('coffee');
    const { told } = two.listen('coffee', { after: positionOf(before.events, 0) });
    await nodes.until(() => told.length > 1);
    expect(told).toEqual(['recovered', 'p1']);
  });

  test('that has just started gets what it has missed once the node knows which node ingests', async () => {
    const { nodes, one, follow } = await start();
    const before = await follow('coffee', one);
    for (let i = 0; i < 3; i++) await nodes.say('coffee');
    const late = nodes.start();
    const { told } = late.listen('coffee', { after: positionOf(before.events, 0) });
    await nodes.until(() => told.length > 2);
    expect(told).toEqual(['recovered', 'p1', 'p2']);
  });

  test('gets what was lost on the way to this node', async () => {
    const { nodes, leads, one, two, follow } = await start();
    const [before] = [await follow('coffee', one), await follow('coffee', two)];
    await nodes.say('coffee');
    leads.relay.swallow = true;
    await nodes.say('coffee');
    leads.relay.swallow = false;
    await nodes.say('coffee');
    const { told } = one.listen('coffee', { after: positionOf(before.events, 0) });
    await nodes.until(() => told.length > 2);
    expect(told).toEqual(['recovered', 'p1', 'p2']);
    expect(before.told).toEqual(['p0', 'gap', 'p2']);
  });

  test('learns of a gap of the source in between', async () => {
    const { nodes, leads, one, two, follow } = await start();
    const before = await follow('coffee', one);
    await nodes.say('coffee');
    leads.source?.sink.gap();
    await nodes.say('coffee');
    await nodes.say('coffee');
    const early = two.listen('coffee', { after: positionOf(before.events, 0) });
    const late = two.listen('coffee', { after: positionOf(before.events, 1) });
    await nodes.until(() => late.told.length > 1 && early.told.length > 2);
    expect(early.told).toEqual(['gap', 'p1', 'p2']);
    expect(late.told).toEqual(['recovered', 'p2']);
  });

  test('does not get twice what a new node that ingests repeats', async () => {
    const { nodes, leads, one, two, follow } = await start();
    const before = await follow('coffee', one);
    for (let i = 0; i < 5; i++) leads.source?.say('coffee', { id: `same${i}` });
    await ticks(2);
    const { told } = two.listen('coffee', { after: positionOf(before.events, 0) });
    await nodes.until(() => told.length > 4);
    leads.relay.cut();
    const next = () => [one, two].find((node) => node.leads);
    await nodes.until(() => next() !== undefined);
    for (let i = 3; i < 7; i++) next()?.source?.say('coffee', { id: `same${i}` });
    await nodes.until(() => told.includes('same6'));
    const recovered = ['recovered', 'same1', 'same2', 'same3', 'same4'];
    expect(told).toEqual([...recovered, 'gap', 'same5', 'same6']);
  });
});

describe('a listener that asks for the newest events', () => {
  test('gets them at any node, and waits for none if the node has enough', async () => {
    const { nodes, one, two, follow, asked } = await start();
    await follow('coffee', one);
    for (let i = 0; i < 10; i++) await nodes.say('coffee');
    const first = two.listen('coffee', { last: 3 });
    await nodes.until(() => first.told.length > 0);
    await ticks(5);
    expect(first.told).toEqual(['p7', 'p8', 'p9']);
    const again = two.listen('coffee', { last: 2 });
    await ticks(5);
    expect(again.told).toEqual(['p8', 'p9']);
    expect(asked(two)).toBe(1);
    const more = two.listen('coffee', { last: 100 });
    await nodes.until(() => more.told.length > 0);
    await ticks(5);
    expect(more.told).toEqual(Array.from({ length: 10 }, (_, i) => `p${i}`));
  });
});

describe('a listener that resumes where no node has what it lacks', () => {
  test('is told of a gap when its position is from before the last node that ingested', async () => {
    const { nodes, leads, one, two, follow } = await start();
    const before = await follow('coffee', one);
    await nodes.say('coffee');
    leads.relay.cut();
    const next = () => [one, two].find((node) => node.leads);
    await nodes.until(() => next() !== undefined);
    nodes.clock.advance(10);
    await nodes.say('coffee', next());
    const late = nodes.start();
    const { told } = late.listen('coffee', { after: positionOf(before.events, 0) });
    await nodes.until(() => told.length > 1);
    expect(told).toEqual(['gap', 'p1']);
  });

  test('is told of a gap after one question when the events that it lacks were given up', async () => {
    const { nodes, leads, one, two, follow, asked } = await start();
    const before = await follow('coffee', one);
    for (let i = 0; i < 1005; i++) leads.source?.say('coffee', { id: `many${i}` });
    await nodes.until(() => before.events.length === 1005);
    const after = positionOf(before.events, 1);
    const { told } = two.listen('coffee', { after });
    await nodes.until(() => told.length > 1000);
    expect(told).toEqual(['gap', ...Array.from({ length: 1000 }, (_, i) => `many${i + 5}`)]);
    const before2 = asked(two);
    for (let i = 0; i < 20; i++) two.listen('coffee', { after });
    await ticks(5);
    expect(asked(two)).toBe(before2);
  });

  test('is told of a gap in time when the node that ingests does not answer', async () => {
    const { nodes, leads, one, two, follow } = await start();
    const before = await follow('coffee', one);
    await nodes.say('coffee');
    await nodes.say('coffee');
    leads.relay.swallow = true;
    const { told } = two.listen('coffee', { after: positionOf(before.events, 0) });
    await nodes.pass(WITHIN_MS);
    leads.relay.swallow = false;
    expect(told).toEqual(['gap']);
    await nodes.say('coffee');
    expect(told.at(-1)).toBe('p2');
    const again = two.listen('coffee', { after: positionOf(before.events, 0) });
    await nodes.until(() => again.told.length > 2);
    expect(again.told).toEqual(['recovered', 'p1', 'p2']);
  });

  test('is told of a gap in time when its node is cut off', async () => {
    const { nodes, one, two, follow } = await start();
    const before = await follow('coffee', one);
    await nodes.say('coffee');
    two.relay.cut();
    const { told } = two.listen('coffee', { after: positionOf(before.events, 0) });
    await nodes.pass(WITHIN_MS);
    expect(told).toEqual(['gap']);
  });

  test('is told of a gap when an event is lost after the answer', async () => {
    const { nodes, leads, one, two, follow } = await start();
    const before = await follow('coffee', one);
    await nodes.say('coffee');
    await nodes.say('coffee');
    const { told } = two.listen('coffee', { after: positionOf(before.events, 0) });
    await nodes.until(() => told.length > 1);
    leads.relay.swallow = true;
    await nodes.say('coffee');
    leads.relay.swallow = false;
    await nodes.say('coffee');
    expect(told).toEqual(['recovered', 'p1', 'gap', 'p3']);
  });
});

describe('questions', () => {
  test('are not asked by the node that ingests, nor by one that lacks nothing', async () => {
    const { nodes, leads, one, follow, asked } = await start();
    const there = await follow('coffee', one);
    const here = await follow('coffee', leads);
    for (let i = 0; i < 3; i++) await nodes.say('coffee');
    for (const [node, { events }] of [
      [leads, here],
      [one, there],
    ] as const) {
      const { told } = node.listen('coffee', { after: positionOf(events, 0) });
      await ticks(3);
      expect(told).toEqual(['recovered', 'p1', 'p2']);
      expect(asked(node)).toBe(0);
    }
  });

  test('are shared by a thousand listeners that resume a topic at once', async () => {
    const { nodes, one, two, follow, asked } = await start();
    const before = await follow('coffee', one);
    for (let i = 0; i < 100; i++) await nodes.say('coffee');
    const heard = Array.from({ length: 1000 }, (_, i) =>
      two.listen('coffee', { after: positionOf(before.events, i % 90) }),
    );
    await nodes.until(() => heard.every(({ told }) => told.includes('p99')));
    for (const [i, { told }] of heard.entries()) {
      const first = (i % 90) + 1;
      const missed = Array.from({ length: 100 - first }, (_, j) => `p${first + j}`);
      expect(told).toEqual(['recovered', ...missed]);
    }
    expect(asked(two)).toBe(1);
  });

  test('of thousands of topics are asked a few at a time, and each is answered', async () => {
    const { nodes, leads, one, two, asked } = await start();
    const queries = Array.from({ length: 3000 }, (_, i) => `word${i}`);
    const before = queries.map((query) => one.listen(query));
    await nodes.until(() => leads.source?.wanted.at(-1)?.length === 3000);
    for (const query of queries) {
      leads.source?.say(query, { id: `${query} first` });
      leads.source?.say(query, { id: `${query} second` });
    }
    await nodes.until(() => before.every(({ events }) => events.length === 2));
    const heard = queries.map((query, i) =>
      two.listen(query, { after: positionOf(before[i]?.events ?? [], 0) }),
    );
    const since = nodes.clock.monotonic();
    // As over a network, on which an answer takes a millisecond.
    while (heard.some(({ told }) => told.length < 2)) {
      nodes.clock.advance(1);
      await ticks(1);
      expect(nodes.clock.monotonic() - since).toBeLessThan(1000);
    }
    expect(asked(two)).toBe(3000);
    for (const [i, { told }] of heard.entries()) {
      expect(told).toEqual(['recovered', `word${i} second`]);
    }
  });

  test('wait for their track while the node that ingests has many to open', async () => {
    let spend = () => {};
    const { nodes, leads, one, two } = await start({ opened: () => spend() });
    const queries = Array.from({ length: 500 }, (_, i) => `word${i}`);
    const before = queries.map((query) => one.listen(query));
    await nodes.until(() => leads.source?.wanted.at(-1)?.length === 500);
    for (const query of queries)
      for (const n of [1, 2]) leads.source?.say(query, { id: `${query} ${n}` });
    await nodes.until(() => before.every(({ events }) => events.length === 2));
    // Now they linger.
    for (const { stop } of before) stop();
    await nodes.pass(200);
    spend = () => nodes.clock.spend(1);
    const heard = queries.map((query, i) =>
      two.listen(query, { after: positionOf(before[i]?.events ?? [], 0) }),
    );
    await nodes.until(() => heard.every(({ told }) => told.length > 1));
    for (const [i, { told }] of heard.entries()) expect(told).toEqual(['recovered', `word${i} 2`]);
  });

  test('are answered once the node that ingests has room, and events come first', async () => {
    const { nodes, leads, one, two, follow } = await start();
    const before = await follow('coffee', one);
    for (let i = 0; i < 3; i++) await nodes.say('coffee');
    leads.relay.isHalfFull = true;
    const { told } = two.listen('coffee', { after: positionOf(before.events, 0) });
    await nodes.pass(500);
    await nodes.say('coffee');
    expect([before.told.at(-1), told]).toEqual(['p3', []]);
    leads.relay.isHalfFull = false;
    await nodes.until(() => told.includes('p3'));
    expect(told).toEqual(['recovered', 'p1', 'p2', 'p3']);
  });

  test('end with their last listener, and nothing waits for the answer', async () => {
    const { nodes, leads, one, two, follow } = await start();
    const before = await follow('coffee', one);
    await nodes.say('coffee');
    await nodes.say('coffee');
    await nodes.pass(1000);
    const after = positionOf(before.events, 0);
    leads.relay.swallow = true;
    const bytes = two.past.bytes;
    const gone = two.listen('coffee', { after });
    await nodes.pass(50);
    gone.stop();
    await nodes.pass(100);
    leads.relay.swallow = false;
    await nodes.pass(3000);
    expect(gone.told).toEqual([]);
    expect(two.past.bytes).toBe(bytes);
    const next = two.listen('coffee', { after });
    await nodes.until(() => next.told.length > 1);
    expect(next.told).toEqual(['recovered', 'p1']);
  });
});

describe('what a node must not tell', () => {
  test('posts that the source has deleted', async () => {
    const { nodes, leads, one, two, follow } = await start();
    const before = await follow('coffee', one);
    for (let i = 0; i < 4; i++) await nodes.say('coffee');
    const after = positionOf(before.events, 0);
    leads.source?.sink.deleted('p1');
    await ticks(2);
    // One has got the event, and the other asks for it.
    for (const node of [one, two]) {
      const { told } = node.listen('coffee', { after });
      await nodes.until(() => told.length > 2);
      expect(told).toEqual(['recovered', 'p2', 'p3']);
    }
    leads.source?.sink.deleted('p2');
    await ticks(2);
    const { told } = two.listen('coffee', { after });
    await ticks(3);
    expect(told).toEqual(['recovered', 'p3']);
  });

  test.each(['goes on', 'hands over'])(
    'posts that the source has deleted while the node was cut off, if the one that ingests %s',
    async (what) => {
      const { nodes, leads, one, two, follow } = await start();
      const before = await follow('coffee', one);
      for (let i = 0; i < 4; i++) await nodes.say('coffee');
      one.relay.cut();
      await nodes.pass(100);
      leads.source?.sink.deleted('p2');
      await nodes.pass(100);
      if (what === 'hands over') {
        await leads.multiplexer.handOver();
        await nodes.until(() => two.leads);
      }
      one.relay.mend();
      await nodes.pass(2000);
      const { told } = one.listen('coffee', { after: positionOf(before.events, 0) });
      await nodes.until(() => told.includes('p3'));
      expect(told).toEqual(['recovered', 'p1', 'p3']);
    },
  );

  test('posts that the source has deleted while the node that ingests was cut off', async () => {
    const { nodes, leads, one, follow } = await start();
    const before = await follow('coffee', one);
    for (let i = 0; i < 4; i++) await nodes.say('coffee');
    leads.relay.cut();
    leads.source?.sink.deleted('p2');
    await nodes.pass(100);
    leads.relay.mend();
    await nodes.pass(1000);
    expect(leads.leads).toBe(true);
    const { told } = one.listen('coffee', { after: positionOf(before.events, 0) });
    await nodes.until(() => told.includes('p3'));
    expect(told).toEqual(['recovered', 'p1', 'p3']);
  });

  test('texts, if its operator forbids it', async () => {
    const { nodes, one, follow } = await start();
    const before = await follow('coffee', one);
    for (let i = 0; i < 2; i++) await nodes.say('good coffee');
    const silent = nodes.start({ postText: false });
    const { told, events } = silent.listen('coffee', { after: positionOf(before.events, 0) });
    await nodes.until(() => told.length > 1);
    expect(before.events[1]?.post.text).toBe('good coffee');
    expect(events[0]).toEqual({
      ...before.events[1],
      post: { ...before.events[1]?.post, text: null },
    });
  });
});

describe('whatever is posted, lost, cut off and deleted', () => {
  const steps = fc.array(
    fc.oneof(
      { weight: 12, arbitrary: fc.record({ say: fc.constantFrom('coffee', 'tea') }) },
      { weight: 3, arbitrary: fc.record({ resume: fc.nat(2), from: fc.nat(30) }) },
      { weight: 2, arbitrary: fc.record({ leave: fc.nat(5) }) },
      { weight: 1, arbitrary: fc.record({ lose: fc.constant(true) }) },
      { weight: 1, arbitrary: fc.record({ gap: fc.constant(true) }) },
      { weight: 1, arbitrary: fc.record({ cut: fc.nat(2) }) },
      { weight: 1, arbitrary: fc.record({ pass: fc.nat(3000) }) },
    ),
    { minLength: 10, maxLength: 60 },
  );

  test('a listener gets each event once and in order, or is told of a gap', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const { nodes, leads, one, two, follow } = await start();
        const there = [leads, one, two];
        const witness = await follow('coffee', leads);
        const said: string[] = [];
        const heard: { told: readonly string[]; from: number; stop(): void }[] = [];
        for (const step of all) {
          if ('say' in step) {
            const id = await nodes.say(step.say, leads);
            if (step.say === 'coffee') said.push(id);
          } else if ('resume' in step) {
            const from = step.from % (witness.events.length + 1);
            const after = witness.events[from]?.position;
            if (after === undefined) continue;
            const node = there[step.resume] as Node;
            heard.push({ ...node.listen('coffee', { after }), from });
          } else if ('leave' in step) heard[step.leave]?.stop();
          else if ('lose' in step) {
            leads.relay.swallow = true;
            said.push(await nodes.say('coffee', leads));
            leads.relay.swallow = false;
          } else if ('gap' in step) leads.source?.sink.gap();
          else if ('cut' in step) {
            // Shorter than a lease, so that the node that ingests goes on.
            const { relay } = there[step.cut] as Node;
            relay.cut();
            said.push(await nodes.say('coffee', leads));
            await nodes.pass(100);
            relay.mend();
          } else await nodes.pass(step.pass);
        }
        await nodes.pass(3000);
        said.push(await nodes.say('coffee', leads));
        await nodes.pass(3000);
        await setImmediate();
        expect(leads.leads).toBe(true);
        const isCalm = all.every((step) => !('lose' in step || 'gap' in step || 'cut' in step));
        for (const { told, from } of heard) {
          const [first, ...rest] = told;
          if (first === undefined) continue;
          if (isCalm) expect(first).toBe('recovered');
          let last = from;
          let isTold = first === 'gap';
          for (const each of rest) {
            isTold ||= each === 'gap';
            if (each === 'gap') continue;
            const place = said.indexOf(each);
            expect(place).toBeGreaterThan(last);
            if (!isTold) expect(place).toBe(last + 1);
            last = place;
            isTold = false;
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
