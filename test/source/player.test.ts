import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Post } from '../../src/base/post.ts';
import { createPlayer, type Rate } from '../../src/source/player.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { TEXT_ALONE } from '../support/posts.ts';
import { createRecordingSink } from '../support/recording-sink.ts';
import { track } from '../support/tracks.ts';

function* endless(): Generator<Post> {
  for (let n = 0; ; n++)
    yield { id: String(n), source: 'test', text: '', ...TEXT_ALONE, langs: [] };
}

async function play(rate: Rate) {
  const sink = createRecordingSink();
  const clock = new FakeClock();
  const playlist = { name: 'test', rate, leadIn: 0, open: endless, ended: '' };
  const source = createPlayer(playlist, sink, clock);
  onTestFinished(() => source.close());
  source.want(new Set([track('coffee')]));
  await setImmediate();
  /** Lets time pass in steps, and all that each step causes. */
  async function pass(ms: number, step: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += step) {
      clock.advance(step);
      // Enough ticks for the posts that are due.
      for (let turns = 0; turns < 100; turns++) await setImmediate();
    }
  }
  return { sink, clock, source, pass };
}

describe('the pace of a player', () => {
  test.each([1, 25, 2000])('holds %i posts a second over a minute', async (rate) => {
    const { sink, pass } = await play(rate);
    await pass(60_000, 1000);
    expect(sink.posts.length).toBeGreaterThanOrEqual(60 * rate - 1);
    expect(sink.posts.length).toBeLessThanOrEqual(60 * rate + 1);
  });

  test('holds a rate below one post a second', async () => {
    const { sink, pass } = await play(0.1);
    await pass(60_000, 1000);
    expect(sink.posts.length).toBe(6);
  });

  test('catches up after a short stall, but not after a night', async () => {
    const { sink, pass } = await play(25);
    await pass(1000, 100);
    await pass(1500, 1500);
    expect(sink.posts.length).toBe(62);
    await pass(8 * 3600 * 1000, 8 * 3600 * 1000);
    expect(sink.posts.length).toBeLessThanOrEqual(62 + 2 * 25 + 1);
  });

  test('leaves the event loop free at full speed', async () => {
    const { sink } = await play('max');
    await setImmediate();
    await setImmediate();
    expect(sink.posts.length).toBeGreaterThan(0);
    expect(sink.posts.length).toBeLessThan(1000);
  });

  test('leaves no timer behind', async () => {
    const { clock, source, pass } = await play(25);
    await pass(1000, 100);
    await source.close();
    expect(clock.pending).toBe(0);
  });
});
