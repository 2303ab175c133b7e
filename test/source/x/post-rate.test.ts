import { expect, test } from 'vitest';
import { PostRate } from '../../../src/source/x/post-rate.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { until } from '../../support/until.ts';
import { startXSource, xPost } from '../../support/x-source.ts';

const MINUTE = 60_000;
const MINUTES_A_DAY = 24 * 60;

test('the rate is that of the time since posts began to come, and then of the last hour', () => {
  const clock = new FakeClock();
  const rate = new PostRate(clock);
  rate.count();
  expect(rate.perDay).toBeUndefined();
  rate.begin();
  expect(rate.perDay).toBe(0);
  // The first second tells little.
  rate.count();
  clock.advance(1000);
  expect(rate.perDay).toBe(MINUTES_A_DAY);
  clock.advance(10 * MINUTE - 1000);
  expect(rate.perDay).toBe(MINUTES_A_DAY / 10);
  for (let minute = 10; minute < 100; minute++) {
    for (let n = 0; n < 3; n++) rate.count();
    clock.advance(MINUTE);
  }
  expect(rate.perDay).toBeGreaterThan(2.9 * MINUTES_A_DAY);
  expect(rate.perDay).toBeLessThanOrEqual(3 * MINUTES_A_DAY);
  clock.advance(60 * MINUTE);
  expect(rate.perDay).toBe(0);
});

test('the source measures while its stream is wanted, also over a reconnection, and anew after a pause', async () => {
  const it = await startXSource({ dailyPosts: 4 });
  expect(it.source.usage?.postsPerDay).toBeUndefined();
  const track = await it.live('rust');
  const perDay = () => it.source.usage?.postsPerDay ?? Number.NaN;
  const push = async () => {
    const before = it.posts.length;
    await it.x.push(xPost('rust'));
    await until(() => it.posts.length > before);
  };
  await push();
  await push();
  it.clock.advance(MINUTE - 1000);
  expect(perDay()).toBe(2 * MINUTES_A_DAY);
  it.x.drop();
  await it.eventually(() => it.source.state.name !== 'live');
  await it.eventually(() => it.source.state.name === 'live');
  await push();
  expect(perDay()).toBeGreaterThan(2 * MINUTES_A_DAY);
  await push();
  await it.eventually(() => it.source.state.name === 'paused');
  it.drop(track);
  await it.eventually(() => it.source.state.name === 'idle');
  it.clock.advance(MINUTES_A_DAY * MINUTE);
  await it.live('tea');
  expect(perDay()).toBe(0);
});
