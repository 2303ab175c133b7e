// The suite that every feed passes. The test of an implementation calls it with a way to start one.

import { describe, expect, onTestFinished, test } from 'vitest';
import { UserError } from '../../src/base/user-error.ts';
import type { SentimentEvent } from '../../src/sentiment/analysis.ts';
import type { Feed, FeedSink } from '../../src/stream/feed.ts';
import type { PastReader, Start } from '../../src/stream/recorder.ts';
import type { Track } from '../../src/track/track.ts';
import type { HandSource } from '../support/hand-source.ts';
import { track as parse } from '../support/tracks.ts';

export interface FeedUnderTest {
  readonly feed: Feed<string>;
  /** The source that feeds it, wherever that is read. */
  source(): HandSource | undefined;
  /** Lets time pass until `condition` holds. */
  until(condition: () => boolean): Promise<void>;
  /** Loses what the source says while `say` runs; only for a feed that can lose events. */
  lose?(say: () => void): void;
  /** Releases what `start` has opened besides the feed. */
  stop?(): Promise<void>;
}

/** One object for each query, as topics have it. */
const tracks = new Map<string, Track>();
function track(query: string): Track {
  const known = tracks.get(query) ?? parse(query);
  tracks.set(query, known);
  return known;
}

type Told = readonly ['event', string, string] | readonly ['gap', string];

export function feedContract(
  name: string,
  start: (sink: FeedSink<string>) => Promise<FeedUnderTest>,
): void {
  describe(`${name}, as a feed`, () => {
    async function open() {
      const told: Told[] = [];
      const events = new Set<SentimentEvent>();
      const deleted: string[] = [];
      const rejected: (readonly [string, UserError])[] = [];
      let calls = 0;
      const under = await start({
        event(event, outlets) {
          calls += 1;
          events.add(event);
          for (const outlet of outlets) told.push(['event', outlet, event.post.id]);
        },
        deleted(post) {
          calls += 1;
          deleted.push(post.id);
        },
        gap(outlet) {
          calls += 1;
          told.push(['gap', outlet]);
        },
        rejected(rejectedTrack, error) {
          calls += 1;
          rejected.push([rejectedTrack.canonical, error]);
        },
      });
      const { feed, source, until } = under;
      onTestFinished(async () => {
        await feed.stop();
        await under.stop?.();
      });
      /** Opens each track, with its name as the outlet, and waits until the source knows them all. */
      async function follow(...queries: readonly string[]) {
        for (const query of queries) {
          const before = calls;
          feed.open(track(query), query);
          expect(calls).toBe(before);
        }
        await until(() => {
          const wanted = source()?.wanted.at(-1) ?? [];
          return queries.every((query) => wanted.includes(query));
        });
      }
      const say = (text: string, id: string) => source()?.say(text, { id });
      const heard = (outlet: string, id: string) =>
        told.some(([, to, post]) => to === outlet && post === id);
      return {
        ...under,
        told,
        events,
        deleted,
        rejected,
        follow,
        say,
        heard: (outlet: string, id: string) => until(() => heard(outlet, id)),
        get calls() {
          return calls;
        },
      };
    }

    test('delivers the events of a track to its outlet, and no others', async () => {
      const { follow, say, heard, told } = await open();
      await follow('coffee', 'tea');
      say('water', 'a');
      say('coffee', 'b');
      say('tea', 'c');
      await heard('tea', 'c');
      expect(told).toEqual([
        ['event', 'coffee', 'b'],
        ['event', 'tea', 'c'],
      ]);
    });

    test('delivers one event for all tracks that a post matches', async () => {
      const { follow, say, heard, told, events } = await open();
      await follow('coffee', 'tea', 'milk');
      say('coffee, tea and milk', 'a');
      for (const outlet of ['coffee', 'tea', 'milk']) await heard(outlet, 'a');
      expect(told.length).toBe(3);
      expect(events.size).toBe(1);
    });

    test('delivers the events of each track in order, each once', async () => {
      const { follow, say, heard, told } = await open();
      await follow('coffee', 'tea');
      const ids = Array.from({ length: 500 }, (_, i) => `p${i}`);
      for (const [i, id] of ids.entries()) say(i % 3 === 0 ? 'coffee and tea' : 'coffee', id);
      await heard('coffee', 'p499');
      await heard('tea', 'p498');
      const of = (outlet: string) => told.filter(([, to]) => to === outlet);
      expect(of('coffee').map(([, , id]) => id)).toEqual(ids);
      expect(of('tea').map(([, , id]) => id)).toEqual(ids.filter((_, i) => i % 3 === 0));
    });

    test('tells of a gap of the source once, before the next event of each open track', async () => {
      const { follow, source, say, heard, told } = await open();
      await follow('coffee', 'tea');
      say('coffee and tea', 'a');
      await heard('tea', 'a');
      source()?.sink.gap();
      say('coffee', 'b');
      say('coffee and tea', 'c');
      await heard('coffee', 'c');
      await heard('tea', 'c');
      const of = (outlet: string) =>
        told.filter(([, to]) => to === outlet).map(([what, , id]) => id ?? what);
      expect(of('coffee')).toEqual(['a', 'gap', 'b', 'c']);
      expect(of('tea')).toEqual(['a', 'gap', 'c']);
    });

    test('tells which posts the source has deleted, after their events', async () => {
      const { follow, source, say, heard, deleted, until } = await open();
      await follow('coffee');
      say('coffee', 'gone');
      await heard('coffee', 'gone');
      expect(deleted).not.toContain('gone');
      source()?.sink.deleted('gone');
      await until(() => deleted.includes('gone'));
    });

    test('delivers nothing of a track once close has returned', async () => {
      const { feed, follow, say, heard, told } = await open();
      await follow('coffee', 'tea');
      say('coffee', 'a');
      feed.close(track('coffee'));
      const before = told.length;
      say('coffee and tea', 'b');
      await heard('tea', 'b');
      expect(told.slice(before)).toEqual([['event', 'tea', 'b']]);
    });

    test('knows which tracks are open, by their canonical forms', async () => {
      const { feed, follow } = await open();
      await follow('coffee', 'tea');
      feed.close(track('coffee'));
      expect([...feed.openTracks.keys()]).toEqual(['tea']);
      expect([feed.openTracks.has('tea'), feed.openTracks.has('coffee')]).toEqual([true, false]);
    });

    test('follows a track again that was closed', async () => {
      const { feed, source, until, follow, say, heard } = await open();
      await follow('coffee');
      feed.close(track('coffee'));
      await until(() => !source()?.wanted.at(-1)?.includes('coffee'));
      await follow('coffee');
      say('coffee', 'a');
      await heard('coffee', 'a');
    });

    test('passes on why the source cannot deliver a track, once open has returned', async () => {
      const { source, follow, until, rejected, say, heard, told } = await open();
      await follow('coffee', 'tea');
      source()?.sink.rejected(track('coffee'), new UserError('UPSTREAM_FULL', 'No room.'));
      await until(() => rejected.length > 0);
      expect(rejected).toEqual([['coffee', new UserError('UPSTREAM_FULL', 'No room.')]]);
      say('tea', 'a');
      await heard('tea', 'a');
      expect(told).toEqual([['event', 'tea', 'a']]);
    });

    test('tells of a gap before the next event, if it can lose any', async ({ skip }) => {
      const { lose, follow, say, heard, told } = await open();
      if (lose === undefined) return skip();
      await follow('coffee', 'tea');
      say('coffee and tea', 'a');
      await heard('coffee', 'a');
      lose(() => say('coffee', 'lost'));
      say('coffee and tea', 'b');
      await heard('tea', 'b');
      expect(told.filter(([, outlet]) => outlet === 'coffee')).toEqual([
        ['event', 'coffee', 'a'],
        ['gap', 'coffee'],
        ['event', 'coffee', 'b'],
      ]);
      expect(told.filter(([, outlet]) => outlet === 'tea').length).toBe(2);
    });

    /** What `feed` knows of coffee from `begin` on, once it has said so. */
    async function readCoffee({ feed, until }: FeedUnderTest, begin: Start) {
      let reader: PastReader | undefined;
      feed.read(track('coffee'), begin, (made) => {
        reader = made;
      });
      await until(() => reader !== undefined);
      const ids: string[] = [];
      for (let some = reader?.next(2); some?.events.length; some = reader?.next(2)) {
        ids.push(...some.events.map(({ post }) => post.id));
      }
      return { isComplete: reader?.isComplete, ids };
    }

    test('reads what came after a position, and the newest events', async () => {
      const it = await open();
      await it.follow('coffee', 'tea');
      for (const id of ['a', 'b', 'c', 'doomed', 'e']) it.say(id === 'c' ? 'tea' : 'coffee', id);
      await it.heard('coffee', 'e');
      const [, b] = it.events;
      if (b === undefined) throw new Error('nothing was heard');
      const { position } = b;
      expect(await readCoffee(it, { after: position })).toEqual({
        isComplete: true,
        ids: ['doomed', 'e'],
      });
      expect((await readCoffee(it, { last: 3 })).ids).toEqual(['b', 'doomed', 'e']);
      it.source()?.sink.deleted('doomed');
      // A node that has just come also hears of what was deleted before.
      await it.until(() => it.deleted.includes('doomed'));
      expect((await readCoffee(it, { after: position })).ids).toEqual(['e']);
    });

    test('says that events may be missing after a position that nobody knows', async () => {
      const it = await open();
      await it.follow('coffee');
      it.say('coffee', 'a');
      await it.heard('coffee', 'a');
      const [a] = it.events;
      const after = { epoch: 1, number: 1, time: (a?.position.time ?? 0) - 1 };
      expect(await readCoffee(it, { after })).toEqual({ isComplete: false, ids: ['a'] });
      it.source()?.sink.gap();
      it.say('coffee', 'b');
      await it.heard('coffee', 'b');
      expect(await readCoffee(it, { after: a?.position ?? after })).toEqual({
        isComplete: false,
        ids: ['b'],
      });
    });

    test('names the source and its state', async () => {
      const { feed, follow, until } = await open();
      await follow('coffee');
      await until(() => feed.source.state.name === 'live');
      expect(feed.source.name).toBe('hand');
    });

    test('goes on after it has handed the source over, if it has another node', async ({
      skip,
    }) => {
      const { feed, follow, source, until, say, told } = await open();
      if (feed.handOver === undefined) return skip();
      await follow('coffee');
      await feed.handOver();
      await until(() => source()?.wanted.at(-1)?.length === 1);
      expect(feed.cluster?.role).toBe('GATEWAY');
      let said = 0;
      await until(() => {
        say('coffee', `p${said++}`);
        return told.some(([kind]) => kind === 'event');
      });
    });

    test('calls the sink no more once it has stopped', async () => {
      const it = await open();
      await it.follow('coffee');
      it.say('coffee', 'a');
      const last = it.source();
      await it.feed.stop();
      const { calls } = it;
      last?.say('coffee', { id: 'b' });
      it.say('coffee', 'c');
      await it.until(() => true);
      expect(it.calls).toBe(calls);
    });
  });
}
