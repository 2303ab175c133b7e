// Messages that no node has sent. They may tell listeners anything, but only for as long as they come.

import { describe, expect, test } from 'vitest';
import { channelOf } from '../../src/cluster/inbox.ts';
import { encodeMessage } from '../../src/cluster/message.ts';
import { readTerm } from '../../src/cluster/term.ts';
import { alive, event, ingesting } from '../support/forged.ts';
import { createNodes, type Node } from '../support/nodes.ts';
import { turns } from '../support/until.ts';

const COFFEE = channelOf('coffee');
const LARGEST = 2 ** 40;
const LARGEST_NUMBER = 2 ** 48 - 1;

async function start() {
  const nodes = createNodes();
  const { leads, others } = await nodes.startMany(3);
  const [one, two] = others as [Node, Node];
  const heard = [one, two].map((node) => node.listen('coffee'));
  await nodes.until(() => leads.source?.wanted.at(-1)?.length === 1);
  // What one of them is made to say reaches the other two.
  const forge = async (channel: string, message: Uint8Array) => {
    for (const node of [one, two]) node.relay.inject(channel, message);
    await turns(2);
  };
  return { nodes, leads, one, two, heard, forge };
}

describe('an epoch that the lease does not confirm', () => {
  test.each([
    ['a node that ingests', 'nodes', ingesting('x', LARGEST)],
    ['a node that does not', 'nodes', alive('x', { epoch: LARGEST })],
    ['an event', COFFEE, event({ epoch: LARGEST, number: 1 }, 'forged')],
  ])(
    'of %s is not believed, by those who are there nor by those who come',
    async (_, channel, message) => {
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
    },
  );

  test('says nothing of who ingests, in the status of any node', async () => {
    const { nodes, leads, one, two, forge } = await start();
    const state = { name: 'paused', reason: 'forged' } as const;
    await forge('nodes', alive('x', { epoch: LARGEST, ingest: { name: 'forged', state } }));
    await nodes.pass(1000);
    for (const { multiplexer } of [leads, one, two]) {
      expect(multiplexer.source).toMatchObject({ name: 'hand', state: { name: 'live' } });
    }
  });

  test('has the keeper of the lease asked a few times a second, however often it comes', async () => {
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
    // A second has passed for each of three nodes; a lost leader has each of them contend as well.
    expect(nodes.hub.asked - before).toBeLessThanOrEqual(3 * (usual + 4 + 20));
  });
});

describe('the keeper of the lease', () => {
  test('confirms a new term that no node could be heard to begin, and a gap is told', async () => {
    const { nodes, leads, one, two, heard } = await start();
    await nodes.say('coffee', leads);
    leads.relay.cut();
    const next = () => [one, two].find((node) => node.leads);
    for (const node of [one, two]) node.relay.swallow = true;
    await nodes.until(() => next() !== undefined);
    const other = [one, two].findIndex((node) => !node.leads);
    for (const node of [one, two]) node.relay.swallow = false;
    await nodes.say('coffee', next());
    await turns(2);
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
    'nonsense of somebody else',
  ])('is no trouble for ever when somebody has written %j there', async (holder) => {
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

test('a number that is too large is followed by a gap, and by the events of the node that ingests', async () => {
  const { nodes, leads, heard, forge } = await start();
  await nodes.say('coffee', leads);
  await nodes.pass(2000);
  const epoch = readTerm(nodes.hub.holder ?? '', 0)?.epoch ?? 0;
  await forge(COFFEE, event({ epoch, number: LARGEST_NUMBER }, 'forged'));
  await nodes.say('coffee', leads);
  await nodes.say('coffee', leads);
  for (const { told } of heard) expect(told).toEqual(['p0', 'gap', 'forged', 'gap', 'p1', 'p2']);
});
