import { expect, test } from 'vitest';
import { FakeClock } from '../../support/fake-clock.ts';
import { createLedger } from '../../support/memory-ledger.ts';
import { tempFolder } from '../../support/temp-file.ts';
import { ticks } from '../../support/until.ts';
import { allowanceOf, startXSource, xPost } from '../../support/x-source.ts';

function startNodes(count: number) {
  const clock = new FakeClock();
  const kept = createLedger();
  const warnings: string[] = [];
  const nodes = Array.from({ length: count }, () => {
    const allowance = allowanceOf(clock, { dailyPosts: 100, warn: (it) => warnings.push(it) });
    allowance.shareBy(kept.ledger);
    return allowance;
  });
  const read = (at: number, posts: number) => {
    for (let i = 0; i < posts; i++) nodes[at]?.count();
  };
  const pass = async (ms: number) => {
    clock.advance(ms);
    await ticks(2);
  };
  const counts = () => nodes.map(({ usage }) => usage.postsToday);
  return { clock, kept, warnings, nodes, read, pass, counts };
}

test('nodes that read at the same time both count, with one write a second each', async () => {
  const { kept, nodes, read, pass, counts } = startNodes(2);
  for (let second = 1; second <= 3; second++) {
    read(0, 10);
    read(1, 5);
    await pass(1000);
    expect(kept.writes).toBe(2 * second);
  }
  for (const node of nodes) await node.refresh();
  expect(counts()).toEqual([45, 45]);
  await pass(60_000);
  expect(kept.writes).toBe(6);
});

test('a node whose ledger is away says so once, counts alone, and adds the rest later', async () => {
  const { kept, nodes, warnings, read, pass, counts } = startNodes(2);
  read(1, 20);
  await nodes[1]?.flush();
  kept.away = 'NATS is not connected';
  for (let i = 0; i < 3; i++) {
    read(0, 10);
    await pass(1000);
  }
  expect(counts()).toEqual([30, 20]);
  expect(warnings).toEqual([
    expect.stringMatching(/cannot be counted together.*\(NATS is not connected\)/),
  ]);
  kept.away = '';
  await pass(1000);
  expect(counts()).toEqual([50, 20]);
  await nodes[1]?.refresh();
  expect(counts()).toEqual([50, 50]);
});

test.each([undefined, 'nonsense', '{"2026-11-20":1}', '[]'])(
  'a ledger that has lost its text (%j) gets it back once',
  async (text) => {
    const { kept, nodes, read, counts } = startNodes(2);
    read(0, 10);
    for (const node of nodes) await node.refresh();
    kept.text = text;
    for (const node of nodes) await node.refresh();
    read(1, 5);
    for (const node of [...nodes].reverse()) await node.refresh();
    expect(counts()).toEqual([15, 15]);
    expect(kept.text).toBe('{"2026-11-20":{"posts":15,"estimates":0}}');
  },
);

test.each([
  ['a node whose clock is years behind', '1970-01-01T00:00:00Z'],
  ['a node whose clock is days ahead', '2026-11-25T00:00:00Z'],
])('%s does not take the counts of others out of the ledger', async (_, time) => {
  const { kept, nodes, read } = startNodes(2);
  read(0, 10);
  await nodes[0]?.flush();
  const wrong = allowanceOf(new FakeClock(Date.parse(time)));
  wrong.shareBy(kept.ledger);
  wrong.count();
  await wrong.refresh();
  await nodes[1]?.refresh();
  expect(nodes[1]?.usage.postsToday).toBe(10);
});

test('a ledger that is full of days yet to come still counts today', async () => {
  const { kept, nodes, read } = startNodes(2);
  const days = Array.from({ length: 40 }, (_, i) => `99${10 + i}-01-01`);
  kept.text = JSON.stringify(Object.fromEntries(days.map((day) => [day, { posts: 5 }])));
  read(0, 10);
  await nodes[0]?.flush();
  await nodes[1]?.refresh();
  expect(nodes[1]?.usage.postsToday).toBe(10);
});

test('posts that arrive during an exchange count once', async () => {
  const { kept, nodes, read, pass, counts } = startNodes(1);
  const { promise, resolve } = Promise.withResolvers<void>();
  kept.held = promise;
  read(0, 10);
  const shared = nodes[0]?.refresh();
  await ticks(2);
  read(0, 7);
  resolve();
  await shared;
  expect(counts()).toEqual([17]);
  await pass(1000);
  expect(kept.text).toBe('{"2026-11-20":{"posts":17,"estimates":0}}');
});

test('posts that the ledger does not have yet are added after a restart, once', async () => {
  const clock = new FakeClock();
  const kept = createLedger();
  const stateDir = tempFolder();
  const restart = () => {
    const allowance = allowanceOf(clock, { stateDir });
    allowance.shareBy(kept.ledger);
    return allowance;
  };
  kept.away = 'NATS is not connected';
  const first = restart();
  for (let i = 0; i < 30; i++) first.count();
  first.takeEstimate();
  await first.flush();
  kept.away = '';
  kept.text = '{"2026-11-20":{"posts":100,"estimates":2}}';
  for (let i = 0; i < 3; i++) {
    const next = restart();
    await next.refresh();
    await next.flush();
    expect(next.usage).toMatchObject({ postsToday: 130, estimatesToday: 3 });
  }
  // One that is killed may be counted with up to 20 posts too many.
  restart().count();
  const last = restart();
  await last.refresh();
  expect(last.usage.postsToday).toBeGreaterThanOrEqual(131);
  expect(last.usage.postsToday).toBeLessThan(131 + 20);
});

test('a ledger with more than any number can hold pauses reading, over restarts', async () => {
  const clock = new FakeClock();
  const kept = createLedger();
  const stateDir = tempFolder();
  const warnings: string[] = [];
  const most = Number.MAX_SAFE_INTEGER;
  kept.text = JSON.stringify({ '2026-11-19': { posts: most }, '2026-11-20': { posts: most } });
  for (let i = 0; i < 2; i++) {
    const allowance = allowanceOf(clock, { stateDir, warn: (it) => warnings.push(it) });
    allowance.shareBy(kept.ledger);
    allowance.count();
    await allowance.refresh();
    allowance.count();
    expect(allowance.usage).toMatchObject({ postsToday: most, postsThisMonth: most });
    expect(allowance.usedUp).toBeDefined();
    kept.text = undefined;
  }
  expect(warnings.filter((it) => it.includes('damaged'))).toEqual([]);
});

test('the warning comes when all nodes together reach 80 %', async () => {
  const { nodes, warnings, read } = startNodes(2);
  read(0, 50);
  read(1, 40);
  for (const node of nodes) await node.refresh();
  expect(warnings).toEqual([expect.stringContaining("90 of today's 100 posts")]);
});

test('a source opens no stream before it knows what others have read, or that it cannot know', async () => {
  for (const away of ['', 'NATS is not connected']) {
    const clock = new FakeClock();
    const kept = createLedger();
    const { promise, resolve } = Promise.withResolvers<void>();
    kept.held = promise;
    kept.away = away;
    kept.text = '{"2026-11-20":{"posts":10}}';
    const allowance = allowanceOf(clock, { dailyPosts: 11 });
    allowance.shareBy(kept.ledger);
    const it = await startXSource({ clock, allowance });
    it.track('rust');
    await it.pass(2000);
    expect(it.x.counts.connects).toBe(0);
    resolve();
    await it.eventually(() => it.source.state.name === 'live');
    await it.x.push(xPost('rust'));
    await it.eventually(() => it.posts.length === 1);
    await ticks(2);
    expect(it.source.state.name).toBe(away === '' ? 'paused' : 'live');
  }
});
