import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { SqliteStore } from '../../src/history/sqlite-store.ts';
import { storeContract } from '../contract/store.ts';
import { batch, countMessage, ended, eventAt, SIZES, span } from '../support/history.ts';
import { recordTelemetry } from '../support/telemetry.ts';
import { tempFolder } from '../support/temp-file.ts';

function open(path: string, lost = () => {}): SqliteStore {
  return new SqliteStore({ path, ...SIZES }, recordTelemetry().log('history'), lost);
}

storeContract('SQLite in memory', () => open(':memory:'));
storeContract('SQLite in a file', () => open(join(tempFolder(), 'history.db')));

test.each([':memory:', 'history.db'])(
  'a worker that fails (%s) says that the running minute is lost, and the next one is counted again',
  async (name) => {
    const { promise: lost, resolve } = Promise.withResolvers<void>();
    const store = open(name === ':memory:' ? name : join(tempFolder(), name), resolve);
    onTestFinished(() => store.close());
    const message = () =>
      countMessage([eventAt({ epoch: 1, number: 1, time: batch(0).minute }), [1]]);
    store.follow(1, 'coffee');
    store.follow(2, 'tea');
    store.count(message());
    expect((await store.read(span('coffee', 0, 1))).running).toMatchObject([{ positive: 1 }]);
    // Only a bug could send this.
    store.count({ ...message(), sources: undefined as never });
    const unanswered = store.read(span('coffee', 0, 1));
    await lost;
    expect((await unanswered).running).toEqual([]);
    expect(store.state).toMatchObject({ faults: 1, problem: expect.stringContaining('failed') });
    store.leave(2);
    store.count(message());
    expect(await store.end(ended(0), { previous: undefined })).toHaveLength(1);
    store.count(message());
    expect(await store.read(span('coffee', 0, 1))).toMatchObject({
      counts: [],
      running: [{ positive: 1 }],
    });
    await expect.poll(() => store.state.problem).toBeUndefined();
  },
);

test('of events that come while the worker is far behind, the store says that they are not counted', async () => {
  const lost = vi.fn();
  const store = open(join(tempFolder(), 'history.db'), lost);
  onTestFinished(() => store.close());
  const at = eventAt({ epoch: 1, number: 1, time: batch(0).minute });
  const many = () => countMessage([at, new Array<number>(6_000_000).fill(1)]);
  store.follow(1, 'coffee');
  // The worker takes a while to start.
  for (let i = 0; i < 3; i += 1) {
    expect(lost).not.toHaveBeenCalled();
    store.count(many());
    await Promise.resolve();
  }
  expect(lost).toHaveBeenCalledOnce();
  expect(store.state).toMatchObject({ faults: 1, problem: expect.stringContaining('disk') });
  expect((await store.read(span('coffee', 0, 1))).running).toMatchObject([
    { positive: 12_000_000 },
  ]);
  await expect.poll(() => store.state.problem).toBeUndefined();
  store.count(countMessage([at, [1]]));
  expect((await store.read(span('coffee', 0, 1))).running).toMatchObject([
    { positive: 12_000_001 },
  ]);
  expect(lost).toHaveBeenCalledOnce();
});
