// The suite that every source passes. The test of an implementation calls it with a way to start one.

import { describe, expect, onTestFinished, test } from 'vitest';
import { partsOf, type Source, type SourceSink } from '../../src/source/source.ts';
import { createRecordingSink } from '../support/recording-sink.ts';
import { track } from '../support/tracks.ts';

export interface SourceUnderTest {
  readonly source: Source;
  /** Makes the upstream send posts that match `coffee`, and lets time pass, until `done` has resolved. */
  run(done: Promise<void>): Promise<void>;
  /** How often the source has connected to its upstream, if it has one. */
  connections?(): number;
  /** Releases what `start` has opened besides the source. */
  stop?(): Promise<void>;
}

export function sourceContract(
  name: string,
  start: (sink: SourceSink) => Promise<SourceUnderTest>,
): void {
  describe(`${name}, as a source`, () => {
    async function open() {
      const sink = createRecordingSink();
      const { source, run, connections, stop } = await start(sink);
      onTestFinished(async () => {
        await source.close();
        await stop?.();
      });
      const wanted = new Set([track('coffee')]);
      return { sink, source, wanted, run, connections };
    }

    test('is idle and silent until something is wanted', async () => {
      const { sink, source } = await open();
      expect(source.state).toEqual({ name: 'idle' });
      source.want(new Set());
      expect(source.state).toEqual({ name: 'idle' });
      expect(sink.states).toEqual([]);
      expect(sink.posts).toEqual([]);
    });

    test('delivers nothing before want has returned', async () => {
      const { sink, source, wanted } = await open();
      source.want(wanted);
      expect(sink.posts).toEqual([]);
    });

    test('delivers posts of its name, each id once, while something is wanted', async () => {
      const { sink, source, wanted, run } = await open();
      source.want(wanted);
      await run(sink.until(({ posts }) => posts.length >= 5));
      expect(source.state).toEqual({ name: 'live' });
      const names = new Set(partsOf(source).map(({ name }) => name));
      expect(names).toContain(sink.posts[0]?.source);
      expect(names.isSupersetOf(new Set(sink.posts.map((post) => post.source)))).toBe(true);
      expect(new Set(sink.posts.map((post) => `${post.source} ${post.id}`)).size).toBe(
        sink.posts.length,
      );
      for (const post of sink.posts) {
        expect(post.text).toBeTypeOf('string');
        expect(post.createdAt?.getTime()).not.toBeNaN();
      }
    });

    test('reports every change of its state once, and nothing else', async () => {
      const { sink, source, wanted, run } = await open();
      source.want(wanted);
      const isLive = () => partsOf(source).every(({ state }) => state.name === 'live');
      await run(sink.until(({ posts }) => posts.length >= 1 && isLive()));
      wanted.add(track('tea'));
      source.want(wanted);
      for (const { name, state } of partsOf(source)) {
        const told = sink.states.filter((_, i) => (sink.reporters[i] ?? source.name) === name);
        const states = told.map((each) => each.name);
        expect(states.at(-1)).toBe('live');
        expect(states.filter((each, i) => each === states[i - 1])).toEqual([]);
        expect(state).toBe(told.at(-1));
      }
    });

    test('is idle again when nothing is wanted, and goes on when something is', async () => {
      const { sink, source, wanted, run } = await open();
      source.want(wanted);
      await run(sink.until(({ posts }) => posts.length >= 1));
      source.want(new Set());
      await run(sink.until(({ states }) => states.at(-1)?.name === 'idle'));
      const before = sink.posts.length;
      source.want(wanted);
      await run(sink.until(({ posts }) => posts.length > before));
      expect(source.state).toEqual({ name: 'live' });
    });

    test('survives a thousand changes of what is wanted', async () => {
      const { sink, source, wanted, run } = await open();
      const other = track('tea');
      for (let i = 0; i < 1000; i++) {
        if (i % 2 === 0) wanted.add(other);
        else wanted.delete(other);
        source.want(i % 10 === 9 ? new Set() : wanted);
      }
      source.want(wanted);
      await run(sink.until(({ posts }) => posts.length >= 1));
      expect(source.state).toEqual({ name: 'live' });
    });

    test('does not reconnect for a listener that leaves and comes back', async () => {
      const { sink, source, wanted, run, connections } = await open();
      for (let i = 0; i < 20; i++) {
        source.want(wanted);
        await run(sink.until(({ posts }) => posts.length > i));
        source.want(new Set());
      }
      expect(connections?.() ?? 1).toBe(1);
    });

    test('delivers nothing after it is closed', async () => {
      const { sink, source, wanted, run } = await open();
      source.want(wanted);
      await run(sink.until(({ posts }) => posts.length >= 1));
      await source.close();
      const { length } = sink.posts;
      source.want(wanted);
      await run(Promise.resolve());
      expect(sink.posts.length).toBe(length);
    });

    test('can be closed at any time, and twice', async () => {
      const { source, wanted } = await open();
      source.want(wanted);
      await source.close();
      await source.close();
    });
  });
}
