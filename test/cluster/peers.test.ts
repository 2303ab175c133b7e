// How a node follows the tracks of a peer, whose messages may be lost.

import { describe, expect, test } from 'vitest';
import type { NodeMessage } from '../../src/cluster/node-message.ts';
import { Peers } from '../../src/cluster/peers.ts';
import { ROOM, TrackSet } from '../../src/cluster/track-set.ts';
import { FakeClock } from '../support/fake-clock.ts';

function start() {
  const clock = new FakeClock();
  const wanted = new Set<string>();
  const asked: string[] = [];
  const peers = new Peers({
    clock,
    onInterest(added, dropped) {
      for (const track of dropped) wanted.delete(track);
      for (const track of added) wanted.add(track);
    },
    ask: (node) => asked.push(node),
    onMute: () => {},
    onLeaderless: () => {},
  });
  return {
    asked,
    wanted,
    /** The peer says that it is alive, and wants `tracks`. */
    alive(tracks: readonly string[], generation = 0) {
      clock.advance(1000);
      const set = new TrackSet();
      for (const track of tracks) set.add(track);
      const { digest } = set;
      const message = { generation, digest, listeners: 0, scoring: '' } as const;
      peers.receive({ kind: 'alive', node: 'x', ...message });
    },
    update: (added: readonly string[], dropped: readonly string[] = []) =>
      peers.receive({ kind: 'update', node: 'x', added, dropped }),
    /** Parts of a snapshot, each with its place. */
    snapshot(parts: number, ...sent: readonly (readonly [number, readonly string[]])[]) {
      for (const [part, tracks] of sent) {
        const message: NodeMessage = {
          kind: 'snapshot',
          node: 'x',
          generation: 0,
          part,
          parts,
          tracks,
        };
        peers.receive(message);
      }
    },
  };
}

describe('the tracks of a peer', () => {
  test('follow its updates without a question', () => {
    const { wanted, asked, alive, update } = start();
    update(['coffee', 'tea']);
    update(['milk'], ['tea']);
    alive(['coffee', 'milk']);
    expect([...wanted]).toEqual(['coffee', 'milk']);
    expect(asked).toEqual([]);
  });

  test('are asked for after a lost update, and become those of the snapshot', () => {
    const { wanted, asked, alive, update, snapshot } = start();
    update(['coffee', 'tea', 'milk']);
    alive(['coffee', 'sugar']);
    expect(asked).toEqual(['x']);
    snapshot(2, [0, ['coffee']], [1, ['sugar']]);
    expect([...wanted]).toEqual(['coffee', 'sugar']);
    alive(['coffee', 'sugar']);
    expect(asked).toEqual(['x']);
  });

  test.each([
    [
      'a part is missing',
      [
        [0, ['coffee']],
        [2, ['sugar']],
      ],
    ],
    [
      'the first part is missing',
      [
        [1, ['coffee']],
        [2, ['sugar']],
      ],
    ],
    [
      'it does not end',
      [
        [0, ['coffee']],
        [1, ['sugar']],
      ],
    ],
  ] as const)('are not dropped by a snapshot if %s', (_, parts) => {
    const { wanted, asked, alive, update, snapshot } = start();
    update(['coffee', 'tea']);
    alive(['coffee', 'milk', 'sugar']);
    snapshot(3, ...parts);
    expect(wanted).toContain('tea');
    alive(['coffee', 'milk', 'sugar']);
    expect(asked).toEqual(['x', 'x']);
    snapshot(1, [0, ['coffee', 'milk', 'sugar']]);
    expect([...wanted].sort()).toEqual(['coffee', 'milk', 'sugar']);
  });

  test('do not change by a snapshot that another node has asked for', () => {
    const { wanted, alive, update, snapshot } = start();
    update(['coffee']);
    alive(['coffee']);
    snapshot(1, [0, ['forged']]);
    expect([...wanted]).toEqual(['coffee']);
  });

  test('are asked for when the peer starts a new generation', () => {
    const { asked, alive, update } = start();
    update(['coffee']);
    alive(['coffee'], 1);
    expect(asked).toEqual(['x']);
  });

  test('can all be replaced when there is no room for both', () => {
    const { wanted, alive, update, snapshot } = start();
    const tracks = (name: string) =>
      Array.from({ length: ROOM.tracksOfPeer }, (_, i) => `${name}${i}`);
    const [before, after] = [tracks('before'), tracks('after')];
    update(before);
    for (let i = 0; i < 2; i++) {
      alive(after);
      snapshot(1, [0, after]);
    }
    expect(wanted).toEqual(new Set(after));
  });
});
