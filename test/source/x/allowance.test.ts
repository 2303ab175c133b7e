import {
  existsSync,
  mkdtempSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { Allowance } from '../../../src/source/x/allowance.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { startNode } from '../../support/program.ts';
import { NO_FILES, tempFile, tempFolder } from '../../support/temp-file.ts';
import { until } from '../../support/until.ts';
import { startXSource, type XSource, xPost } from '../../support/x-source.ts';

const HOUR = 60 * 60_000;
const folder = () => mkdtempSync(join(tmpdir(), 'senti-allowance-'));

function open(
  stateDir: string,
  clock = new FakeClock(),
  dailyPosts: number | 'none' = 1000,
  monthlyPosts: number | 'none' = 'none',
) {
  const warnings: string[] = [];
  const allowance = new Allowance(
    { dailyPosts, monthlyPosts, dailyEstimates: 20, stateDir, warn: (it) => warnings.push(it) },
    clock,
  );
  const count = (posts: number) => {
    for (let i = 0; i < posts; i++) allowance.count();
  };
  return { allowance, count, clock, warnings };
}

/** Counts a post in another process, which may hang. Resolves with its output in one line. */
async function countElsewhere(stateDir: string): Promise<string> {
  const program = startNode(['--input-type=module', '-e', COUNT, stateDir]);
  return (await text(program.stdout)).trim().replaceAll('\n', ' ');
}

const SOURCE = new URL('../../../src', import.meta.url).href;
const COUNT = `
  const { Allowance } = await import('${SOURCE}/source/x/allowance.ts');
  const { systemClock: clock } = await import('${SOURCE}/base/clock.ts');
  const stateDir = process.argv[1];
  const allowance = new Allowance({ dailyPosts: 10, monthlyPosts: 'none', stateDir, warn: console.log }, clock);
  allowance.count();
  void allowance.flush();
  console.log('counted', allowance.usage.postsToday);
`;

/** Counts one post while no file descriptor is left, and another one later. */
const COUNT_WITHOUT_FILES = `
  import { closeSync, openSync } from 'node:fs';
  const { Allowance } = await import('${SOURCE}/source/x/allowance.ts');
  const { systemClock: clock } = await import('${SOURCE}/base/clock.ts');
  const stateDir = process.argv[1];
  const taken = [];
  try { for (;;) taken.push(openSync('/dev/null')); } catch {}
  const allowance = new Allowance({ dailyPosts: 1000, monthlyPosts: 10, stateDir, warn: console.log }, clock);
  allowance.count();
  taken.forEach((file) => closeSync(file));
  allowance.count();
  void allowance.flush();
  console.log('counted', allowance.usage.postsToday);
`;

describe('the daily allowance', () => {
  test('keeps the count on disk when no file descriptor is left to read it', async () => {
    const stateDir = folder();
    const earlier = open(stateDir, new FakeClock(Date.now()));
    earlier.count(40);
    void earlier.allowance.flush();
    const program = startNode(
      ['-c', 'ulimit -n 64; exec "$@"', 'bash', process.execPath, '--input-type=module'].concat(
        ...['-e', COUNT_WITHOUT_FILES, stateDir],
      ),
      {},
      'bash',
    );
    expect(await text(program.stdout)).toBe('counted 42\n');
    expect(open(stateDir, new FakeClock(Date.now())).allowance.usage.postsToday).toBe(42);
  });

  test('says how many posts were read, what they cost and when the day ends', () => {
    const { allowance, count } = open(folder());
    count(123);
    expect(allowance.usage).toEqual({
      postsToday: 123,
      allowance: 1000,
      estimatesToday: 0,
      costToday: 0.615,
      resetsAt: Date.parse('2026-11-21T00:00:00Z'),
      postsThisMonth: 123,
      monthlyAllowance: 'none',
      monthResetsAt: Date.parse('2026-12-01T00:00:00Z'),
    });
  });

  test('starts over at every midnight UTC', () => {
    const { allowance, count, clock } = open(folder());
    for (const day of ['21', '22', '23']) {
      count(1000);
      expect(allowance.usedUp).toBeDefined();
      clock.advance(allowance.usage.resetsAt - clock.now() - 1);
      expect(allowance.usedUp).toBeDefined();
      clock.advance(1);
      expect(new Date(clock.now()).toISOString()).toBe(`2026-11-${day}T00:00:00.000Z`);
      expect(allowance.usage.postsToday).toBe(0);
    }
  });

  test('warns once a day, at 80 %', () => {
    const { count, clock, warnings } = open(folder());
    count(799);
    expect(warnings).toEqual([]);
    count(100);
    expect(warnings).toEqual([
      "800 of today's 1000 posts from X are used (800 read, 4.00 USD); at 1000 the stream closes until " +
        '2026-11-21T00:00:00.000Z. --x-daily-posts sets how many.',
    ]);
    clock.advance(24 * HOUR);
    count(800);
    expect(warnings).toHaveLength(2);
  });

  test('of a month adds up its days, over restarts, and starts over on the first', () => {
    const stateDir = folder();
    let it = open(stateDir, new FakeClock(), 1000, 2000);
    for (const posts of [900, 600, 400]) {
      it = open(stateDir, it.clock, 1000, 2000);
      expect(it.allowance.usedUp).toBeUndefined();
      it.count(posts);
      void it.allowance.flush();
      it.clock.advance(24 * HOUR);
    }
    it = open(stateDir, it.clock, 1000, 2000);
    it.count(100);
    expect(it.allowance.usage).toMatchObject({ postsToday: 100, postsThisMonth: 2000 });
    const december = Date.parse('2026-12-01T00:00:00Z');
    expect(it.allowance.usedUp).toEqual({
      name: 'paused',
      reason: "this month's allowance of 2000 posts is used up: 2000 read, 10.00 USD",
      until: december,
    });
    it.clock.set(december - 1);
    expect(it.allowance.usedUp?.until).toBe(december);
    it.clock.set(december);
    expect(it.allowance.usedUp).toBeUndefined();
    expect(it.allowance.usage).toMatchObject({
      postsThisMonth: 0,
      monthResetsAt: Date.parse('2027-01-01T00:00:00Z'),
    });
  });

  test('keeps its days for as long as it runs', () => {
    const stateDir = folder();
    const { allowance, count, clock } = open(stateDir);
    for (let day = 0; day < 100; day++) {
      clock.advance(24 * HOUR);
      count(1);
      allowance.takeEstimate();
    }
    const again = open(stateDir, clock);
    // Each day's posts on disk are exact once an estimate is counted.
    expect(again.allowance.usage).toEqual(allowance.usage);
    expect(again.warnings).toEqual([]);
  });

  test('of a month warns at 80 %', () => {
    const { count, clock, warnings } = open(folder(), new FakeClock(), 'none', 100);
    count(79);
    clock.advance(24 * HOUR);
    expect(warnings).toEqual([]);
    count(10);
    expect(warnings).toEqual([
      "80 of this month's 100 posts from X are used (80 read, 0.40 USD); at 100 the stream closes until " +
        '2026-12-01T00:00:00.000Z. --x-monthly-posts sets how many.',
    ]);
  });

  test('of none never ends, and posts are counted all the same', () => {
    const { allowance, count, warnings } = open(folder(), new FakeClock(), 'none');
    count(50_000);
    expect(allowance.usedUp).toBeUndefined();
    expect(allowance.usage).toMatchObject({
      postsToday: 50_000,
      allowance: 'none',
      costToday: 250,
    });
    expect(warnings).toEqual([]);
  });

  test('survives a restart exactly, and a kill with a few posts too many', () => {
    const stateDir = folder();
    const first = open(stateDir);
    first.count(123);
    void first.allowance.flush();
    const second = open(stateDir);
    expect(second.allowance.usage.postsToday).toBe(123);
    for (let died = 0; died < 50; died++) {
      const before = open(stateDir);
      const start = before.allowance.usage.postsToday;
      before.count(7);
      const after = open(stateDir).allowance.usage.postsToday;
      expect(after).toBeGreaterThanOrEqual(start + 7);
      expect(after).toBeLessThan(start + 7 + 20);
    }
  });

  test('starts over after a restart on the next day', () => {
    const stateDir = folder();
    const first = open(stateDir);
    first.count(500);
    void first.allowance.flush();
    first.clock.advance(24 * HOUR);
    expect(open(stateDir, first.clock).allowance.usage.postsToday).toBe(0);
  });

  test('is not granted twice when the clock is set back over midnight', () => {
    const stateDir = folder();
    const { allowance, count, clock } = open(stateDir);
    clock.set(Date.parse('2026-11-21T00:00:01Z'));
    count(400);
    clock.set(Date.parse('2026-11-20T23:59:00Z'));
    expect(allowance.usage.postsToday).toBe(400);
    void allowance.flush();
    const again = open(stateDir, clock);
    clock.set(Date.parse('2026-11-21T00:00:02Z'));
    expect(again.allowance.usage.postsToday).toBe(400);
  });

  test('returns to the real day when the clock was far ahead, and is not granted twice', () => {
    const stateDir = folder();
    const { allowance, count, clock } = open(stateDir);
    count(500);
    for (const ahead of ['2031-01-01', '2045-06-07']) {
      clock.set(Date.parse(`${ahead}T12:00:00Z`));
      count(200);
    }
    expect(allowance.usage.postsToday).toBe(200);
    clock.set(Date.parse('2026-11-20T10:05:00Z'));
    const resetsAt = Date.parse('2026-11-21T00:00:00Z');
    expect(allowance.usage).toMatchObject({ postsToday: 900, resetsAt });
    // A kill would not lose it.
    expect(open(stateDir).allowance.usage.postsToday).toBe(900);
    count(100);
    expect(allowance.usedUp).toBeDefined();
    clock.set(resetsAt);
    expect(allowance.usage).toMatchObject({ postsToday: 0, resetsAt: resetsAt + 24 * HOUR });
  });

  test('returns to the count on disk when the clock was far ahead at the start', () => {
    const stateDir = folder();
    const first = open(stateDir);
    first.count(500);
    void first.allowance.flush();
    const ahead = open(stateDir, new FakeClock(Date.parse('2031-01-01T12:00:00Z')));
    ahead.count(200);
    ahead.clock.set(first.clock.now());
    expect(ahead.allowance.usage.postsToday).toBe(700);
  });

  test('returns to the count on disk when the clock was days behind at the start', () => {
    const stateDir = folder();
    const first = open(stateDir, new FakeClock(), 1000, 2000);
    first.count(500);
    void first.allowance.flush();
    for (let i = 0; i < 2; i++) {
      const behind = open(stateDir, new FakeClock(Date.parse('2026-11-10T12:00:00Z')), 1000, 2000);
      behind.count(100);
      void behind.allowance.flush();
      expect(behind.warnings).toEqual([]);
      if (i === 0) continue;
      expect(behind.allowance.usage).toMatchObject({ postsToday: 200, postsThisMonth: 700 });
      behind.clock.set(first.clock.now());
      expect(behind.allowance.usage).toMatchObject({ postsToday: 500, postsThisMonth: 700 });
    }
  });

  test('does not count posts of an earlier day for today', () => {
    const { allowance, count, clock } = open(folder());
    count(500);
    clock.set(Date.parse('2031-01-01T12:00:00Z'));
    count(200);
    clock.set(Date.parse('2026-11-22T10:00:00Z'));
    expect(allowance.usage.postsToday).toBe(200);
  });

  test.each([
    '',
    '{"day":"2026-11-20","posts":',
    '{"day":"2026-11-20","posts":-4}',
    '{"day":"2026-11-20","posts":4,"earlier":[]}',
    '{"day":"2026-11-20","posts":4,"earlier":{"2026-11-19":{"posts":-1}}}',
    '{"day":"2026-11-20","posts":4,"earlier":{"yesterday":{"posts":1}}}',
    '{"day":"2026-11-20","posts":4,"earlier":{"2026-10-99":{"posts":1}}}',
    '{"day":"2026-11-20","posts":4,"unshared":7}',
    '[]',
    '\0\0\0',
  ])('warns when its file is damaged (%j), and keeps that file aside', (content) => {
    const stateDir = folder();
    const path = join(stateDir, 'x-posts-today.json');
    writeFileSync(path, content);
    const { allowance, count, warnings } = open(stateDir);
    expect(allowance.usage.postsToday).toBe(0);
    expect(warnings).toEqual([expect.stringContaining('is damaged')]);
    expect(readFileSync(`${path}.damaged`, 'utf8')).toBe(content);
    count(3);
    void allowance.flush();
    expect(open(stateDir).allowance.usage.postsToday).toBe(3);
  });

  test.each(Object.entries(NO_FILES))('keeps %s aside', async (_, make) => {
    const stateDir = tempFolder();
    make(join(stateDir, 'x-posts-today.json'));
    expect(await countElsewhere(stateDir)).toMatch(/is damaged.*counted 1$/);
    expect(existsSync(join(stateDir, 'x-posts-today.json.damaged'))).toBe(true);
    expect(open(stateDir, new FakeClock(Date.now())).allowance.usage.postsToday).toBe(1);
  });

  test('writes into no pipe, link or file that is in its way', async () => {
    const stateDir = tempFolder();
    const path = join(stateDir, 'x-posts-today.json');
    const other = tempFile('other', 'precious');
    for (const make of [
      NO_FILES['a pipe that nobody writes to'],
      (link: string) => symlinkSync(other, link),
    ]) {
      make?.(`${path}.new`);
      expect(await countElsewhere(stateDir)).toMatch(/^counted \d+$/);
      expect(statSync(path).isFile()).toBe(true);
    }
    expect(readFileSync(other, 'utf8')).toBe('precious');
    expect(open(stateDir, new FakeClock(Date.now())).allowance.usage.postsToday).toBe(2);
  });

  test.each([
    '/proc/senti',
    '/proc/senti/deep/down',
    '/dev/null/senti',
    '/dev/full',
    `/tmp/${'x'.repeat(300)}`,
  ])('warns that nothing can be kept in %j, and counts all the same', async (stateDir) => {
    expect(await countElsewhere(stateDir)).toMatch(
      /^posts read from X cannot be counted across restarts.*counted 1$/,
    );
  });

  test('makes its folder, and warns once when it cannot', () => {
    const stateDir = join(folder(), 'deep', 'down');
    open(stateDir).count(1);
    expect(existsSync(join(stateDir, 'x-posts-today.json'))).toBe(true);
    const file = join(folder(), 'a-file');
    writeFileSync(file, '');
    const { allowance, count, warnings } = open(join(file, 'state'));
    count(100);
    expect(warnings).toEqual([expect.stringContaining('cannot be counted across restarts')]);
    expect(allowance.usage.postsToday).toBe(100);
  });

  test('is never half a file', () => {
    const stateDir = folder();
    // What a kill in the middle of a write leaves.
    writeFileSync(join(stateDir, 'x-posts-today.json.new'), '{"day":"2026');
    const { count, allowance, warnings } = open(stateDir);
    count(5);
    void allowance.flush();
    expect(warnings).toEqual([]);
    expect(open(stateDir).allowance.usage.postsToday).toBe(5);
  });
});

describe('a source with an allowance', () => {
  async function read(it: XSource, posts: number): Promise<void> {
    const before = it.posts.length;
    for (let i = 0; i < posts; i++) await it.x.push(xPost('rust'));
    await until(() => it.posts.length === before + posts);
  }

  test('closes the stream when it is used up, says until when, and resumes after midnight', async () => {
    const it = await startXSource({ dailyPosts: 10 });
    await it.live('rust');
    for (const day of ['2026-11-21', '2026-11-22', '2026-11-23']) {
      await read(it, 8);
      expect(it.warnings.at(-1)).toContain('8 of today');
      await read(it, 2);
      await until(() => !it.x.connected);
      const midnight = Date.parse(`${day}T00:00:00Z`);
      expect(it.source.state).toEqual({
        name: 'paused',
        reason: "today's allowance of 10 posts is used up: 10 read, 0.05 USD",
        until: midnight,
      });
      expect(it.source.usage).toMatchObject({
        postsToday: 10,
        allowance: 10,
        costToday: 0.05,
        resetsAt: midnight,
      });
      const { connects } = it.x.counts;
      // Steps of a tenth of a second would take too long for a night.
      it.clock.advance(midnight - it.clock.now() - 60_000);
      expect(it.x.counts.connects).toBe(connects);
      await it.eventually(() => it.source.state.name === 'live');
      expect(it.clock.now()).toBeGreaterThanOrEqual(midnight);
    }
    expect(it.warnings).toHaveLength(3);
    expect(it.gaps).toEqual([10, 20, 30]);
  });

  test('resumes within a minute when a clock that was a year ahead is set right', async () => {
    const it = await startXSource({ dailyPosts: 10 });
    const now = it.clock.now();
    it.clock.set(now + 365 * 24 * HOUR);
    await it.live('rust');
    await read(it, 10);
    await until(() => it.source.state.name === 'paused');
    it.clock.advance(HOUR);
    expect(it.source.state).toMatchObject({ until: Date.parse('2027-11-21T00:00:00Z') });
    it.clock.set(now);
    it.clock.advance(60_000);
    const midnight = Date.parse('2026-11-21T00:00:00Z');
    expect(it.source.state).toMatchObject({ name: 'paused', until: midnight });
    it.clock.advance(midnight - it.clock.now() - 60_000);
    await it.eventually(() => it.source.state.name === 'live');
    expect(it.clock.now()).toBeGreaterThanOrEqual(midnight);
    expect(it.source.usage?.postsToday).toBe(0);
  });

  test('pauses until the next month when the allowance of the month is used up', async () => {
    const it = await startXSource({ monthlyPosts: 10 });
    await it.live('rust');
    await read(it, 10);
    await until(() => !it.x.connected);
    const december = Date.parse('2026-12-01T00:00:00Z');
    expect(it.source.state).toMatchObject({ name: 'paused', until: december });
    it.clock.advance(december - it.clock.now() - 60_000);
    await it.eventually(() => it.source.state.name === 'live');
    expect(it.clock.now()).toBeGreaterThanOrEqual(december);
  });

  test('does not connect on a day that is used up, even after a restart', async () => {
    const stateDir = folder();
    writeFileSync(join(stateDir, 'x-posts-today.json'), '{"day":"2026-11-20","posts":10}');
    const it = await startXSource({ dailyPosts: 10, stateDir });
    it.track('rust');
    expect(it.source.state.name).toBe('paused');
    await it.pass(60_000);
    expect(it.x.counts.connects).toBe(0);
  });
});
