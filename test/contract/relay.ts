// The suite that every relay passes. The test of an implementation calls it with a way to connect relays that reach
// each other.

import { describe, expect, onTestFinished, test } from 'vitest';
import { type Relay, RelayError, type RelaySink } from '../../src/stream/relay.ts';

export interface RelaysUnderTest {
  connect(sink: RelaySink): Promise<Relay>;
  /** Lets time pass until `done` has resolved. */
  run<T>(done: Promise<T>): Promise<T>;
  /** Cuts a relay off from the others. `mend` undoes it. */
  cut(relay: Relay): Promise<void>;
  mend(relay: Relay): Promise<void>;
  stop?(): Promise<void>;
}

export function relayContract(name: string, start: () => Promise<RelaysUnderTest>): void {
  describe(`${name}, as a relay`, () => {
    async function open(count: number) {
      const under = await start();
      const nodes: Awaited<ReturnType<typeof openNode>>[] = [];
      for (let i = 0; i < count; i++) nodes.push(await openNode(under));
      onTestFinished(async () => {
        for (const { relay } of nodes) await under.run(relay.close());
        await under.stop?.();
      });
      return { ...under, nodes };
    }

    async function openNode(under: RelaysUnderTest) {
      const watchers = new Set<() => void>();
      const heard: string[] = [];
      let lost = 0;
      const look = () => {
        for (const watcher of watchers) watcher();
      };
      const relay = await under.connect({
        changed: look,
        lost(count) {
          lost += count;
          look();
        },
      });
      return {
        relay,
        heard,
        get lost() {
          return lost;
        },
        say: (channel: string, text: string) => relay.send(channel, Buffer.from(text)),
        listen: (channel: string) =>
          relay.listen(channel, (message) => {
            heard.push(`${channel}: ${Buffer.from(message)}`);
            look();
          }),
        until: (holds: () => boolean) =>
          under.run(
            new Promise<void>((resolve) => {
              const watcher = () => {
                if (!holds()) return;
                watchers.delete(watcher);
                resolve();
              };
              watchers.add(watcher);
              watcher();
            }),
          ),
      };
    }

    type Node = Awaited<ReturnType<typeof openNode>>;

    /** Resolves when the subscriptions of `listeners` have taken effect. */
    async function settle(speaker: Node, ...listeners: readonly Node[]): Promise<void> {
      for (const [i, listener] of listeners.entries()) {
        const channel = `settled-${i}-${Math.random().toString(36).slice(2)}`;
        const stop = listener.listen(channel);
        const timer = setInterval(() => speaker.say(channel, 'now'), 5);
        speaker.say(channel, 'now');
        await listener.until(() => listener.heard.some((text) => text.startsWith(channel)));
        clearInterval(timer);
        stop();
        listener.heard.splice(0);
      }
    }

    test('delivers a message to all other nodes that listen on its channel, and to no others', async () => {
      const { nodes } = await open(3);
      const [one, two, three] = nodes as [Node, Node, Node];
      for (const node of nodes) node.listen('a');
      three.listen('b');
      await settle(one, two, three);
      expect(one.say('a', 'hello')).toBe(true);
      expect(one.say('b', 'bee')).toBe(true);
      await two.until(() => two.heard.length > 0);
      await three.until(() => three.heard.length > 1);
      expect([one.heard, two.heard, three.heard]).toEqual([
        [],
        ['a: hello'],
        ['a: hello', 'b: bee'],
      ]);
    });

    test('keeps the order of the messages of a node, over all channels', async () => {
      const { nodes } = await open(2);
      const [one, two] = nodes as [Node, Node];
      for (const channel of ['a', 'b', 'c']) two.listen(channel);
      await settle(one, two);
      const said = Array.from({ length: 3000 }, (_, i) => `${'abc'[i % 3]}: ${i}`);
      for (const text of said) one.say(text[0] ?? '', text.slice(3));
      await two.until(() => two.heard.length === said.length);
      expect(two.heard).toEqual(said);
    });

    test('delivers nothing to a node that has stopped listening', async () => {
      const { nodes } = await open(2);
      const [one, two] = nodes as [Node, Node];
      const stop = two.listen('a');
      two.listen('b');
      await settle(one, two);
      stop();
      one.say('a', 'late');
      one.say('b', 'still');
      await two.until(() => two.heard.length > 0);
      expect(two.heard).toEqual(['b: still']);
    });

    test('knows when it is offline, accepts no message then, and reconnects by itself', async () => {
      const { nodes, cut, mend } = await open(2);
      const [one, two] = nodes as [Node, Node];
      two.listen('a');
      await settle(one, two);
      await cut(one.relay);
      await one.until(() => one.relay.offlineReason !== undefined);
      expect(one.say('a', 'lost')).toBe(false);
      await expect(one.relay.lease.claim('one')).rejects.toBeInstanceOf(RelayError);
      await expect(one.relay.lease.read()).rejects.toBeInstanceOf(RelayError);
      await mend(one.relay);
      await one.until(() => one.relay.offlineReason === undefined);
      await settle(one, two);
      one.say('a', 'back');
      await two.until(() => two.heard.length > 0);
      expect(two.heard).toEqual(['a: back']);
    });

    test('listens again after it was offline, also on channels opened meanwhile', async () => {
      const { nodes, cut, mend } = await open(2);
      const [one, two] = nodes as [Node, Node];
      two.listen('a');
      await settle(one, two);
      await cut(two.relay);
      await two.until(() => two.relay.offlineReason !== undefined);
      two.listen('b');
      await mend(two.relay);
      await two.until(() => two.relay.offlineReason === undefined);
      await settle(one, two);
      one.say('a', '1');
      one.say('b', '2');
      await two.until(() => two.heard.length > 1);
      expect(two.heard).toEqual(['a: 1', 'b: 2']);
    });

    test('gives the lease to one node, for as long as it renews it', async () => {
      const { nodes, run } = await open(2);
      const [one, two] = nodes.map(({ relay }) => relay.lease) as [Relay['lease'], Relay['lease']];
      const first = await run(one.claim('one'));
      if (first === undefined) throw new Error('no node held it');
      expect(await run(two.claim('two'))).toBeUndefined();
      const renewed = await run(one.renew('one', first));
      if (renewed === undefined) throw new Error('it was ours');
      expect(renewed).toBeGreaterThan(first);
      expect(await run(one.renew('one', first))).toBeUndefined();
      expect(await run(two.claim('two'))).toBeUndefined();
    });

    test('gives a released lease to the next node at once, with a larger revision', async () => {
      const { nodes, run } = await open(2);
      const [one, two] = nodes.map(({ relay }) => relay.lease) as [Relay['lease'], Relay['lease']];
      const first = (await run(one.claim('one'))) ?? 0;
      await run(one.release(first));
      const second = await run(two.claim('two'));
      expect(second).toBeGreaterThan(first);
      expect(await run(one.renew('one', first))).toBeUndefined();
      await run(one.release(first));
      expect(await run(one.claim('one'))).toBeUndefined();
    });

    test('gives the lease to the next node when it was not renewed, and not before', async () => {
      const { nodes, run } = await open(2);
      const [one, two] = nodes.map(({ relay }) => relay.lease) as [Relay['lease'], Relay['lease']];
      const first = (await run(one.claim('one'))) ?? 0;
      let second: number | undefined;
      let asked = 0;
      for (; second === undefined; asked++) second = await run(two.claim('two'));
      expect(asked).toBeGreaterThan(1);
      expect(second).toBeGreaterThan(first);
      expect(await run(one.renew('one', first))).toBeUndefined();
    });

    test('reads the holder of the lease as it was last claimed or renewed', async () => {
      const { nodes, run } = await open(2);
      const [one, two] = nodes.map(({ relay }) => relay.lease) as [Relay['lease'], Relay['lease']];
      expect(await run(two.read())).toBeUndefined();
      const first = (await run(one.claim('one >0'))) ?? 0;
      expect(await run(two.read())).toMatchObject({ holder: 'one >0', revision: first });
      const renewed = (await run(one.renew('one 1', first))) ?? 0;
      for (const lease of [one, two]) {
        expect(await run(lease.read())).toMatchObject({ holder: 'one 1', revision: renewed });
      }
      await run(one.release(renewed));
      expect(await run(two.read())).toBeUndefined();
    });

    /** Reads the journal, and keeps what it reads. */
    function readJournal({ relay }: Node, holds: (read: readonly string[]) => boolean) {
      const read: string[] = [];
      const done = Promise.withResolvers<void>();
      const stop = relay.journal.read(async (message) => {
        read.push(Buffer.from(message).toString());
        if (holds(read)) done.resolve();
      });
      return { read, stop, done: done.promise };
    }

    test('keeps what is added to the journal, in order, for nodes that read it later', async () => {
      const { nodes, run } = await open(2);
      const [one, other] = nodes as [Node, Node];
      for (const node of nodes) await node.until(() => node.relay.offlineReason === undefined);
      for (const text of ['a', 'b', 'c']) {
        await run(one.relay.journal.add(Buffer.from(text), `id-${text}`));
      }
      const late = readJournal(other, (read) => read.length >= 4);
      await run(one.relay.journal.add(Buffer.from('d'), 'id-d'));
      await run(late.done);
      expect(late.read).toEqual(['a', 'b', 'c', 'd']);
      late.stop();
    });

    test('keeps a message of the journal once that comes again', async () => {
      const { nodes, run } = await open(1);
      const [one] = nodes as [Node];
      await one.until(() => one.relay.offlineReason === undefined);
      for (const text of ['a', 'a', 'b']) {
        await run(one.relay.journal.add(Buffer.from(text), `id-${text}`));
      }
      const reader = readJournal(one, (read) => read.includes('b'));
      await run(reader.done);
      expect(reader.read).toEqual(['a', 'b']);
      reader.stop();
    });

    test('adds nothing to the journal while it is offline, and says so', async () => {
      const { nodes, run, cut } = await open(1);
      const [one] = nodes as [Node];
      await one.until(() => one.relay.offlineReason === undefined);
      await cut(one.relay);
      const added = run(one.relay.journal.add(Buffer.from('a'), 'id-a'));
      await expect(added).rejects.toBeInstanceOf(RelayError);
    });

    test('lets all nodes change the ledger, and loses no change of those that do it at once', async () => {
      const { nodes, run, cut } = await open(2);
      for (const node of nodes) await node.until(() => node.relay.offlineReason === undefined);
      const count = ({ relay }: Node) => relay.ledger.update((text = '0') => `${Number(text) + 1}`);
      for (let i = 0; i < 3; i++) {
        expect(await run(Promise.all(nodes.map(count)))).toEqual([undefined, undefined]);
      }
      const [one, two] = nodes as [Node, Node];
      let seen: string | undefined;
      const look = (text: string | undefined) => {
        seen = text;
        return `${text}`;
      };
      expect(await run(two.relay.ledger.update(look))).toBeUndefined();
      expect(seen).toBe('6');
      await cut(one.relay);
      await one.until(() => one.relay.offlineReason !== undefined);
      expect(await run(one.relay.ledger.update(look))).toMatch(/./);
    });

    test('can be closed at any time, and twice', async () => {
      const { nodes, run } = await open(1);
      const [one] = nodes as [Node];
      await run(one.relay.close());
      await run(one.relay.close());
      expect(one.say('a', 'late')).toBe(false);
    });
  });
}
