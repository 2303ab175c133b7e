// Forged messages. They may mislead listeners, but only for as long as they come.

import { describe, expect, test } from 'vitest';
import { addHeader, channelOf } from '../../src/cluster/event-message.ts';
import { MAX_OPEN, REJECTIONS_A_SECOND } from '../../src/cluster/leader.ts';
import {
  CHUNK_CHARACTERS,
  decodeMessage,
  encodeMessage,
  type NodeMessage,
} from '../../src/cluster/node-message.ts';
import { FORGOTTEN_AT_ONCE, GONE_AFTER_MS, Peers } from '../../src/cluster/peers.ts';
import {
  encodeAnswer,
  encodeQuestion,
  type Question,
  recallChannels,
} from '../../src/cluster/recall-message.ts';
import { parseTerm } from '../../src/cluster/term.ts';
import { ROOM, TrackSet } from '../../src/cluster/track-set.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { alive, event, ingesting } from '../support/forged.ts';
import { createNodes, type Node } from '../support/nodes.ts';
import { ticks } from '../support/until.ts';

const COFFEE = channelOf('coffee');
const LARGEST = 2 ** 40;
const LARGEST_NUMBER = 2 ** 48 - 1;

async function start() {
  const nodes = createNodes();
  const { leads, others } = await nodes.startMany(3);
  const [one, two] = others as [Node, Node];
  const heard = [one, two].map((node) => node.listen('coffee'));
  await nodes.until(() => leads.source?.wanted.at(-1)?.length === 1);
  // A message that is injected at one node reaches the other two.
  const forge = async (channel: string, message: Uint8Array) => {
    for (const node of [one, two]) node.relay.inject(channel, message);
    await ticks(2);
  };
  return { nodes, leads, one, two, heard, forge };
}

function digestOf(track: string): number {
  const tracks = new TrackSet();
  tracks.add(track);
  return tracks.digest;
}

/** Finds two tracks that together have this digest. */
function twoWithDigest(digest: number): readonly [string, string] {
  const byDigest = new Map<number, string>();
  for (let i = 0; i < 1_000_000; i++) {
    const track = `w${i}`;
    const own = digestOf(track);
    const other = byDigest.get((digest - own) >>> 0);
    if (other !== undefined) return [other, track];
    byDigest.set(own, track);
  }
  throw new Error('no two tracks have this digest');
}

describe('an epoch that the lease does not confirm', () => {
  test.each([
    ['a message', 'nodes', ingesting('x', LARGEST)],
    ['an event', COFFEE, event({ epoch: LARGEST, sequence: 1 }, 'forged')],
  ])('in %s is ignored, by old nodes and new ones', async (_, channel, message) => {
    const { nodes, leads, heard, forge } = await start();
    await nodes.say('coffee', leads);
    await forge(channel, message);
    await nodes.say('coffee', leads);
    expect(leads.leads).toBe(true);
    for (const { told } of heard) expect(told).toEqual(['p0', 'p1']);

    const late = nodes.start();
    const lateHeard = late.listen('coffee');
    await nodes.pass(2000);
    await forge(channel, message);
    await nodes.say('coffee', leads);
    expect(lateHeard.told).toEqual(['p2']);

    leads.relay.cut();
    await nodes.until(() => !leads.leads && nodes.leader() !== undefined);
    await forge(channel, message);
    await nodes.say('coffee');
    for (const { told } of heard) expect(told).toEqual(['p0', 'p1', 'p2', 'gap', 'p3']);
    expect(lateHeard.told).toEqual(['p2', 'gap', 'p3']);
  });

  test('does not change what any node reports about the source', async () => {
    const { nodes, leads, one, two, forge } = await start();
    const state = { name: 'paused', reason: 'forged' } as const;
    await forge('nodes', alive('x', { ingest: { epoch: LARGEST, name: 'forged', state } }));
    await nodes.pass(1000);
    for (const { multiplexer } of [leads, one, two]) {
      expect(multiplexer.source).toMatchObject({ name: 'hand', state: { name: 'live' } });
    }
  });

  test('causes a few requests to the keeper of the lease a second, however often it comes', async () => {
    const { nodes, forge } = await start();
    const before = nodes.hub.asked;
    const usual = 3;
    for (let i = 0; i < 20; i++) {
      for (let j = 0; j < 20; j++) {
        await forge('nodes', ingesting('x', LARGEST - j));
        await forge('nodes', encodeMessage({ kind: 'bye', node: 'x' }));
      }
      await nodes.pass(50);
    }
    // One second, three nodes. Each also claims the lease when the leader seems lost.
    expect(nodes.hub.asked - before).toBeLessThanOrEqual(3 * (usual + 4 + 20));
  });
});

describe('the keeper of the lease', () => {
  test('confirms a new term whose beginning no node heard, and listeners learn of the gap', async () => {
    const { nodes, leads, one, two, heard } = await start();
    await nodes.say('coffee', leads);
    leads.relay.cut();
    const next = () => [one, two].find((node) => node.leads);
    for (const node of [one, two]) node.relay.swallow = true;
    await nodes.until(() => next() !== undefined);
    const other = [one, two].findIndex((node) => !node.leads);
    for (const node of [one, two]) node.relay.swallow = false;
    await nodes.say('coffee', next());
    await ticks(2);
    await nodes.say('coffee', next());
    expect(heard[other]?.told).toEqual(['p0', 'gap', 'p2']);
    expect(heard[1 - other]?.told).toEqual(['p0', 'gap', 'p1', 'p2']);
  });

  test.each([
    `x ${LARGEST}`,
    `x >${LARGEST}`,
    `x ${LARGEST}0`,
    'x',
    '',
    'nonsense of another program',
  ])('recovers when another program has written %j there', async (holder) => {
    const { nodes, leads, heard, forge } = await start();
    await nodes.say('coffee', leads);
    nodes.hub.seizeLease(holder);
    await forge('nodes', ingesting('x', LARGEST));
    await nodes.until(() => !leads.leads);
    await nodes.until(() => nodes.leader() !== undefined);
    await nodes.pass(500);
    await nodes.say('coffee');
    for (const { told } of heard) expect(told).toEqual(['p0', 'gap', 'p1']);
  });
});

test('after a forged sequence number that is too large, events continue with a gap', async () => {
  const { nodes, leads, heard, forge } = await start();
  await nodes.say('coffee', leads);
  await nodes.pass(2000);
  const epoch = parseTerm(nodes.hub.holder ?? '', 0)?.epoch ?? 0;
  await forge(COFFEE, event({ epoch, sequence: LARGEST_NUMBER }, 'forged'));
  await nodes.say('coffee', leads);
  await nodes.say('coffee', leads);
  for (const { told } of heard) expect(told).toEqual(['p0', 'gap', 'forged', 'gap', 'p1', 'p2']);
});

describe('a message in the name of another node', () => {
  test('that keeps the digest is corrected afterwards', async () => {
    const { nodes, leads, one, two, heard } = await start();
    await nodes.until(() => leads.multiplexer.cluster.tracks === 1);
    heard[1]?.stop();
    await nodes.pass(3000);
    const tracks = twoWithDigest(digestOf('coffee'));
    const node = one.multiplexer.cluster.id;
    two.relay.inject('nodes', alive(node, { generation: 1000 }));
    const all = { kind: 'snapshot', node, generation: 0, part: 0, parts: 1, tracks } as const;
    two.relay.inject('nodes', encodeMessage(all));
    await ticks(2);
    expect(leads.source?.wanted.at(-1)?.length).toBe(2);
    await nodes.pass(5000);
    expect(leads.source?.wanted.at(-1)).toEqual(['coffee']);
  });

  test('is bad to that node, which does not count itself as a peer', async () => {
    const { nodes, leads, one, two } = await start();
    const listeners = 1000;
    for (const { multiplexer } of [leads, one]) {
      two.relay.inject('nodes', alive(multiplexer.cluster.id, { listeners }));
    }
    await ticks(2);
    for (const { multiplexer } of [leads, one]) expect(multiplexer.cluster.nodes).toBe(3);
    for (const { logged } of [leads, one]) {
      expect(logged).toEqual([expect.stringMatching(/sent in the name of this node/)]);
    }
    await nodes.pass(1500);
    expect(leads.multiplexer.cluster.listeners).toBe(2);
  });
});

describe('a forged deletion', () => {
  test('of another term than the current one deletes nothing', async () => {
    const { nodes, leads, one, forge } = await start();
    const coffee = one.listen('coffee');
    await nodes.until(() => leads.source?.wanted.at(-1)?.includes('coffee') === true);
    const { id: node } = one.multiplexer.cluster;
    await forge(
      'nodes',
      encodeMessage({ kind: 'deleted', node: 'x', epoch: 1, posts: ['hand p0'] }),
    );
    await forge('nodes', encodeMessage({ kind: 'deleted', node, epoch: 1e6, posts: ['hand p0'] }));
    await nodes.say('coffee', leads);
    await nodes.until(() => coffee.told.length > 0);
    expect(coffee.told).toEqual(['p0']);
    leads.source?.sink.deleted('p1');
    await nodes.pass(100);
    await nodes.say('coffee', leads);
    await nodes.say('coffee', leads);
    await nodes.until(() => coffee.told.length > 1);
    expect(coffee.told).toEqual(['p0', 'p2']);
  });
});

test('a forged request for deletions is answered once a second, however often it comes', async () => {
  const { nodes, leads, one } = await start();
  for (let i = 0; i < 20_000; i++) leads.source?.sink.deleted(`p${i}`);
  const sent = () => leads.relay.sent.get('nodes') ?? 0;
  const before = sent();
  for (let i = 0; i < 50; i++) {
    one.relay.inject('nodes', encodeMessage({ kind: 'missed', node: 'x' }));
    await nodes.pass(100);
  }
  expect(sent() - before).toBeGreaterThan(10);
  // Each second, a message that it is alive, and 8,192 keys of up to 11 characters in two messages.
  expect(sent() - before).toBeLessThan(6 * (1 + 2));
});

describe('a forged question about the past', () => {
  const ABSURD = { epoch: LARGEST_NUMBER, number: LARGEST_NUMBER, time: LARGEST_NUMBER };

  test.each<[string, Partial<Question>]>([
    ['of another term', { epoch: LARGEST }],
    ['about a track that no node wants', { track: 'milk' }],
    ['up to a place that is not reached yet', { until: ABSURD }],
  ])('%s is not answered', async (_, said) => {
    const { nodes, leads, forge } = await start();
    await nodes.say('coffee', leads);
    await nodes.pass(1500);
    const { questions } = recallChannels(leads.multiplexer.cluster.id);
    const { epoch = 0 } = parseTerm(nodes.hub.holder ?? '', 0) ?? {};
    const question = { node: 'x', epoch, id: 1, track: 'coffee', last: 9 };
    await forge(questions, encodeQuestion({ ...question, ...said }));
    await nodes.pass(100);
    expect(leads.relay.sent.get(recallChannels('x').answers)).toBeUndefined();
    await forge(questions, encodeQuestion({ ...question, after: ABSURD }));
    await nodes.pass(100);
    expect(leads.relay.sent.get(recallChannels('x').answers)).toBeGreaterThan(0);
  });

  test('takes a bounded amount, however often it comes, and the nodes get their answers', async () => {
    const { nodes, leads, one, heard, forge } = await start();
    await nodes.pass(1500);
    for (let i = 0; i < 1000; i++) {
      leads.source?.say(`coffee ${'x'.repeat(2000)}`, { id: `long${i}` });
    }
    await ticks(2);
    const { questions } = recallChannels(leads.multiplexer.cluster.id);
    const { epoch = 0 } = parseTerm(nodes.hub.holder ?? '', 0) ?? {};
    const names = Array.from({ length: 50 }, (_, i) => `x${i}`);
    const late = nodes.start();
    await nodes.pass(500);
    let resumed: ReturnType<Node['listen']> | undefined;
    const since = nodes.clock.monotonic();
    for (let i = 0; i < 40; i++) {
      for (const node of names) {
        for (let id = 0; id < 5; id++) {
          await forge(
            questions,
            encodeQuestion({ node, epoch, id, track: 'coffee', last: LARGEST }),
          );
        }
      }
      if (i === 20) {
        const after = heard[0]?.events.at(-3)?.position ?? ABSURD;
        resumed = late.listen('coffee', { after });
      }
      leads.source?.say('coffee', { id: `live${i}` });
      await nodes.pass(50);
      expect(heard[0]?.told.at(-1)).toBe(`live${i}`);
    }
    const seconds = (nodes.clock.monotonic() - since) / 1000;
    const sent = names.map((node) => leads.relay.sent.get(recallChannels(node).answers) ?? 0);
    const answers = sent.reduce((sum, count) => sum + count, 0);
    expect(answers).toBeGreaterThan(50);
    // 128 KiB each.
    expect(answers).toBeLessThan((seconds + 1) * 64);
    expect(resumed?.told.slice(0, 3)).toEqual(['recovered', 'live18', 'live19']);
    expect(one.multiplexer.cluster.counters.bad).toBe(0);
  });

  test('is answered once, and an unsolicited answer is ignored', async () => {
    const { nodes, leads, one, two, forge } = await start();
    await nodes.say('coffee', leads);
    await nodes.pass(1500);
    const { epoch = 0 } = parseTerm(nodes.hub.holder ?? '', 0) ?? {};
    const until = { epoch: 1, number: 9, time: 9 };
    const stretch = { since: { ...until, number: 1 }, until, entries: [], isAll: true };
    const { answers } = recallChannels(one.multiplexer.cluster.id);
    const bytes = one.past.bytes;
    for (let id = 0; id < 10; id++) {
      await forge(answers, encodeAnswer({ epoch, id }, { sequence: 1, stretch }));
    }
    await forge(answers, Buffer.from('nonsense'));
    expect(one.past.bytes).toBe(bytes);
    const after = { epoch: 1, number: 1, time: 1 };
    const resumed = one.listen('coffee', { after });
    await nodes.pass(10);
    for (const text of ['[', '{}', '{"entries":[1]}']) {
      const header = encodeAnswer({ epoch, id: 0 }, { sequence: 1, stretch }).subarray(0, 12);
      two.relay.inject(answers, Buffer.concat([header, Buffer.from(text)]));
    }
    await nodes.until(() => resumed.told.length > 1);
    expect(resumed.told).toEqual(['gap', 'p0']);
  });
});

describe('a forged interest in tracks', () => {
  /** Says that `node` wants `tracks`, in as many messages as it takes. */
  async function want(
    forge: (message: NodeMessage) => Promise<void>,
    node: string,
    tracks: string[],
  ) {
    for (let at = 0; at < tracks.length; ) {
      const added: string[] = [];
      for (let length = 0; length < CHUNK_CHARACTERS && at < tracks.length; at++) {
        added.push(tracks[at] ?? '');
        length += tracks[at]?.length ?? 0;
      }
      await forge({ kind: 'update', node, dropped: [], added });
    }
  }

  async function startForging() {
    const it = await start();
    const forge = (message: NodeMessage) => it.forge('nodes', encodeMessage(message));
    return { ...it, forge };
  }

  test('in the name of another node is corrected', async () => {
    const { nodes, leads, one, forge } = await startForging();
    const node = one.multiplexer.cluster.id;
    const milk = one.listen('milk');
    await nodes.until(() => leads.source?.wanted.at(-1)?.length === 2);
    await nodes.pass(1000);
    await forge({ kind: 'update', node, dropped: ['milk'], added: ['forged'] });
    expect(leads.source?.wanted.at(-1)).toEqual(['coffee', 'forged']);
    one.listen('tea');
    await nodes.pass(4000);
    expect([...(leads.source?.wanted.at(-1) ?? [])].sort()).toEqual(['coffee', 'milk', 'tea']);
    await nodes.say('milk and tea', leads);
    expect(milk.told.at(-1)).toBe('p0');
  });

  test('causes about one request and one snapshot a second, however often it comes', async () => {
    const { nodes, leads, one, forge } = await startForging();
    const node = one.multiplexer.cluster.id;
    const before = [leads, one].map(({ relay }) => relay.sent.get('nodes') ?? 0);
    for (let i = 0; i < 40; i++) {
      for (let j = 0; j < 25; j++) {
        await forge({ kind: 'ask', node: 'x', of: node });
        await forge({ kind: 'update', node: 'x', dropped: [], added: [`word${j}`] });
        await forge(decodeMessage(alive('x', { generation: 1000 + j })) as NodeMessage);
      }
      await nodes.pass(50);
    }
    // Two seconds: each node says twice that it is alive, asks the forged node three times, and answers as often.
    for (const [i, { relay }] of [leads, one].entries()) {
      const sent = (relay.sent.get('nodes') ?? 0) - (before[i] ?? 0);
      const forgedByOne = i === 0 ? 0 : 40 * 25 * 3;
      expect(sent - forgedByOne).toBeLessThanOrEqual(12);
    }
  });

  test('is followed as far as there is room, and the other listeners get an error', async () => {
    const { nodes, leads, one, forge } = await startForging();
    const phrase = (words: number) => (_: unknown, i: number) =>
      `"${Array.from({ length: words }, () => 'abcdefgh').join(' ')} w${100 + i}"`;
    const long = Array.from({ length: MAX_OPEN.characters / 15_000 + 5 }, phrase(1700));
    const short = Array.from({ length: 900 }, phrase(2));
    await want(forge, 'x', [...long, ...short]);
    const { ends } = one.listen('a track that is longer than any room that may be left');
    const open = () => leads.source?.wanted.at(-1) ?? [];
    await nodes.until(() => ends.length > 0);
    expect(ends[0]).toMatchObject({ code: 'LIMIT_REACHED' });
    const characters = open().reduce((sum, { length }) => sum + length, 0);
    expect(characters).toBeLessThanOrEqual(MAX_OPEN.characters);
    expect(characters).toBeGreaterThan(0.99 * MAX_OPEN.characters);
    await forge({ kind: 'bye', node: 'x' });
    const tea = one.listen('tea');
    await nodes.until(() => open().length === 2);
    await nodes.say('tea', leads);
    expect(tea.told).toEqual(['p0']);
  });

  test('is rejected a bounded number of times a second if it cannot be followed', async () => {
    const { nodes, leads, two, forge } = await startForging();
    const before = leads.relay.sent.get('nodes') ?? 0;
    const tracks = Array.from({ length: 5000 }, (_, i) => `Not canonical ${i} ${'x'.repeat(1000)}`);
    await want(forge, 'x', tracks);
    await nodes.pass(3000);
    const sent = (leads.relay.sent.get('nodes') ?? 0) - before;
    expect(sent).toBeGreaterThan(REJECTIONS_A_SECOND);
    expect(sent).toBeLessThan(5 * REJECTIONS_A_SECOND);
    // The other node can read each of those messages.
    expect(two.multiplexer.cluster.counters.bad).toBe(0);
  });

  test('is ignored beyond the room for all nodes together', () => {
    const taken = { tracks: 0, characters: 0 };
    const peers = new Peers({
      clock: new FakeClock(),
      onInterest: () => {},
      ask: () => {},
      onMute: () => {},
      onLeaderless: () => {},
    });
    const long = 'x'.repeat(16 * 1024 - 10);
    let problem: string | undefined;
    let characters = 0;
    for (let node = 0; problem === undefined; node++) {
      const added = Array.from({ length: 30 }, (_, i) => `${long}${node} ${i}`);
      problem = peers.receive({ kind: 'update', node: `x${node}`, dropped: [], added });
      characters += 30 * long.length;
    }
    expect(problem).toMatch(/^the nodes want more tracks than can be known/);
    expect(characters).toBeLessThan(1.1 * ROOM.characters);
    peers.receive({ kind: 'bye', node: 'x0' });
    const tea = { kind: 'update', node: 'y', dropped: [], added: ['tea'] } as const;
    expect(peers.receive(tea)).toBeUndefined();
    // The number of tracks is bounded, too.
    const known = new TrackSet(taken);
    const numbers = Array.from({ length: ROOM.tracksOfPeer }, (_, i) => String(i));
    expect(known.fits(numbers)).toBe(true);
    for (const track of numbers) known.add(track);
    expect(known.fits(['one more'])).toBe(false);
    taken.tracks = ROOM.tracks;
    expect(new TrackSet(taken).fits(['one more'])).toBe(false);
    for (const track of numbers) known.delete(track);
    expect(taken).toEqual({ tracks: ROOM.tracks - ROOM.tracksOfPeer, characters: 0 });
  });
});

test('peers with many tracks that fall silent together are forgotten one at a time', () => {
  const clock = new FakeClock();
  const forgotten: number[] = [];
  const peers = new Peers({
    clock,
    onInterest: (_, dropped) => forgotten.push([...dropped].length),
    ask: () => {},
    onMute: () => {},
    onLeaderless: () => {},
  });
  for (const node of ['x', 'y', 'few', 'none']) {
    const size = { few: 1, none: 0 }[node] ?? FORGOTTEN_AT_ONCE;
    const added = Array.from({ length: size }, (_, i) => `${node}${i}`);
    peers.receive({ kind: 'update', node, dropped: [], added });
  }
  clock.advance(GONE_AFTER_MS + 1);
  for (const [sizes, left] of [
    [[FORGOTTEN_AT_ONCE], 3],
    [[FORGOTTEN_AT_ONCE], 2],
    [[1, 0], 0],
  ] as const) {
    forgotten.length = 0;
    peers.forgetSilent();
    expect(forgotten).toEqual(sizes);
    expect(peers.size).toBe(left);
  }
});

test('nodes beyond the bound are ignored until others are gone', async () => {
  const { nodes, leads, forge } = await start();
  for (let i = 0; i < 1100; i++) await forge('nodes', alive(`x${i}`));
  expect(leads.multiplexer.cluster.nodes).toBe(1001);
  await nodes.pass(12_000);
  expect(leads.multiplexer.cluster.nodes).toBe(3);
});

test('nodes that never send a snapshot do not keep the next one from ingesting', async () => {
  const { nodes, leads, one, two, forge } = await start();
  leads.relay.cut();
  const next = () => [one, two].find((node) => node.leads);
  for (let i = 0; next() === undefined && i < 30; i++) {
    await forge('nodes', alive(`x${i}`, { generation: 7 }));
    await nodes.pass(1000);
  }
  expect(next()).toBeDefined();
});

test('forged options of the node that ingests are logged at most once a minute', async () => {
  const { nodes, leads, one, forge } = await start();
  const node = leads.multiplexer.cluster.id;
  await nodes.pass(2000);
  const epoch = parseTerm(nodes.hub.holder ?? '', 0)?.epoch ?? 0;
  const state = { name: 'live' } as const;
  for (let i = 0; i < 50; i++) {
    await forge(
      'nodes',
      alive(node, { scoring: `forged ${i}`, ingest: { epoch, name: 'hand', state } }),
    );
  }
  expect(one.logged.filter((line) => line.startsWith('error')).length).toBe(1);
});

test('a deeply nested message or event is bad, and does no harm', async () => {
  const { nodes, leads, one, heard, forge } = await start();
  const deep = Buffer.from('['.repeat(100_000));
  const closed = Buffer.from(`{"kind":"alive","node":${'['.repeat(50_000)}${']'.repeat(50_000)}}`);
  const { bad } = one.multiplexer.cluster.counters;
  for (const message of [deep, closed]) await forge('nodes', message);
  expect(leads.multiplexer.cluster.counters.bad).toBeGreaterThanOrEqual(4);
  await nodes.pass(2000);
  const epoch = parseTerm(nodes.hub.holder ?? '', 0)?.epoch ?? 0;
  for (const message of [deep, closed])
    await forge(COFFEE, addHeader({ epoch, sequence: 1 }, message));
  expect(one.multiplexer.cluster.counters.bad).toBeGreaterThan(bad + 2);
  await nodes.say('coffee', leads);
  for (const { told } of heard) expect(told).toEqual(['p0']);
});

test('events with long ids are told apart, and each is delivered once', async () => {
  const { nodes, heard, forge } = await start();
  await nodes.pass(2000);
  const epoch = parseTerm(nodes.hub.holder ?? '', 0)?.epoch ?? 0;
  const ids = ['1', '2', '1'].map((end) => `${'x'.repeat(1000)}${end}`);
  for (const [i, id] of ids.entries()) await forge(COFFEE, event({ epoch, sequence: i + 1 }, id));
  for (const { told } of heard) expect(told).toEqual(ids.slice(0, 2));
});
