import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
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
    expect((await unanswered).running).toBeUndefined();
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

const say = (slot: number) =>
  countMessage([eventAt({ epoch: 1, number: 1, time: batch(0).minute }), [slot]]);
/** Only a bug could send this. */
const bug = () => ({ ...say(1), sources: undefined as never });

test('what comes before a failed worker has ended is lost as well', async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  let minute = 0;
  const failed = () => {
    void store.end(ended(minute));
    minute += 1;
    store.count(say(1));
  };
  const log = { ...recordTelemetry().log('history'), error: failed };
  const store = new SqliteStore({ path: ':memory:', ...SIZES }, log, () => resolve(minute));
  onTestFinished(() => store.close());
  store.follow(1, 'coffee');
  store.count(bug());
  await store.read(span('coffee', 0, 1));
  expect(await promise).toBe(1);
});

test('a worker that starts again counts for the topics that had the slots then', async () => {
  const { promise: lost, resolve } = Promise.withResolvers<void>();
  const store = open(':memory:', resolve);
  onTestFinished(() => store.close());
  store.follow(1, 'coffee');
  store.count(bug());
  await store.read(span('coffee', 0, 1));
  await lost;
  void store.end(ended(0));
  store.count(say(1));
  store.leave(1);
  store.follow(1, 'tea');
  await new Promise(setImmediate);
  expect((await store.read(span('coffee', 0, 1))).running).toMatchObject([{ positive: 1 }]);
  expect((await store.read(span('tea', 0, 1))).running).toEqual([]);
});

test('can be closed while its worker fails', async () => {
  const store = open(join(tempFolder(), 'history.db'));
  store.count(bug());
  const asked = store.read(span('coffee', 0, 1));
  await store.close();
  expect((await asked).running).toBeUndefined();
});

test('holds a bounded part of what it is told, and passes little on in one go', async () => {
  const posted = vi.spyOn(Worker.prototype, 'postMessage');
  onTestFinished(() => posted.mockRestore());
  for (const tell of [
    (store: SqliteStore) => store.count(say(1)),
    (store: SqliteStore) => {
      store.follow(1, 'coffee');
      store.leave(1);
    },
  ]) {
    posted.mockClear();
    const store = open(':memory:');
    onTestFinished(() => store.close());
    for (let i = 0; i < 60_000; i += 1) tell(store);
    await new Promise(setImmediate);
    expect(posted).toHaveBeenCalled();
    const buffers = posted.mock.calls.map(([, list]) => (list as readonly unknown[]).length);
    expect(Math.max(...buffers)).toBeLessThan(1000);
  }
});
