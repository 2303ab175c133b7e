import { describe, expect, onTestFinished, test } from 'vitest';
import type { AllowanceOptions } from '../../../src/source/x/allowance.ts';
import { XEstimates } from '../../../src/source/x/x-estimates.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { type FakeXOptions, startFakeX } from '../../support/fake-x.ts';
import type { Rule } from '../../support/fake-x-rules.ts';
import { tempFolder } from '../../support/temp-file.ts';
import { until } from '../../support/until.ts';
import { allowanceOf, parse } from '../../support/x-source.ts';

const HOUR = 60 * 60_000;
const TOKEN = 'a-secret-that-nobody-may-see';

async function start(options: Partial<AllowanceOptions> & FakeXOptions = {}) {
  const { clock = new FakeClock(), ...rest } = options;
  const x = await startFakeX({ postsPerDay: 2400, ...rest, clock, token: TOKEN });
  onTestFinished(() => x.close());
  const fake = clock as FakeClock;
  const allowance = allowanceOf(fake, rest);
  const open = new Map<string, unknown>();
  const used = { perDay: undefined as number | undefined };
  const estimates = new XEstimates(
    {
      url: x.url,
      token: TOKEN,
      ruleLength: 1024,
      languages: ['en'],
      allowance,
      open: () => open,
      usedPerDay: () => used.perDay,
    },
    clock,
  );
  onTestFinished(() => estimates.close());
  return {
    x,
    clock: fake,
    allowance,
    used,
    /** Opens the topics of these canonical forms. */
    open: (...topics: readonly string[]) => {
      for (const topic of topics) open.set(topic, undefined);
    },
    estimates,
    of: (query: string) => estimates.of(parse(query)),
  };
}

test('tells posts and dollars a day, what is left and how long that lasts, for the rule that would be written', async () => {
  const { x, of, allowance } = await start({ dailyPosts: 101 });
  expect(await of('rust')).toEqual({
    postsPerDay: 2400,
    costPerDay: 12,
    paidShare: 0,
    postsLeft: 100,
    lastsSeconds: 3600,
  });
  expect(x.lastQuery).toBe('("rust" OR #rust OR @rust OR $rust) lang:en -is:retweet');
  expect(allowance.usage).toMatchObject({ postsToday: 0, estimatesToday: 1, costToday: 0.005 });
});

const POSTS = ['rust', 'rust and tea', 'tea', 'rust and milk'];

/** Each of these texts comes a thousand times a day. */
const ofPosts = (rule: Rule) =>
  1000 * POSTS.filter((text) => rule({ text, lang: 'en', isRetweet: false })).length;

describe('the share that open topics pay for', () => {
  test('is all of a topic that is open, or whose clauses are', async () => {
    const { x, open, of } = await start({ postsPerDay: ofPosts });
    open('tea', 'rust');
    expect((await of('RUST')).paidShare).toBe(1);
    expect((await of('tea, rust')).paidShare).toBe(1);
    const other = await start();
    other.open('rust [x]');
    expect((await other.of('rust')).paidShare).toBe(1);
    expect([x.counts.estimates, other.x.counts.estimates]).toEqual([2, 1]);
  });

  test('is what X counts for both together, which is one more estimate', async () => {
    const { x, open, of, allowance } = await start({ postsPerDay: ofPosts });
    open('tea', 'milk', 'coffee [bluesky]');
    expect(await of('rust')).toMatchObject({ postsPerDay: 3000, paidShare: 2 / 3 });
    expect(x.lastQuery).toBe(
      '("rust" OR #rust OR @rust OR $rust) ' +
        '("milk" OR #milk OR @milk OR $milk OR "tea" OR #tea OR @tea OR $tea) lang:en -is:retweet',
    );
    await of('rust');
    expect(x.counts.estimates).toBe(2);
    expect(allowance.usage).toMatchObject({ estimatesToday: 2, costToday: 0.01 });
  });

  test('is unknown if the question would be too long, or may not be asked any more', async () => {
    const long = await start({ postsPerDay: ofPosts });
    long.open(...Array.from({ length: 12 }, (_, i) => `extraordinary${i}`));
    expect(await long.of('rust')).toMatchObject({ postsPerDay: 3000, paidShare: undefined });
    const last = await start({ postsPerDay: ofPosts, dailyEstimates: 1 });
    last.open('tea');
    expect(await last.of('rust')).toMatchObject({ postsPerDay: 3000, paidShare: undefined });
    expect([long.x.counts.estimates, last.x.counts.estimates]).toEqual([1, 1]);
  });

  test('is nothing while only other sources follow topics', async () => {
    const { x, open, of } = await start();
    open('rust [bluesky,mastodon]');
    expect((await of('rust')).paidShare).toBe(0);
    expect(x.counts.estimates).toBe(1);
  });
});

describe('how long the allowance lasts', () => {
  const start2000 = () => start({ postsPerDay: ofPosts, dailyPosts: 2000 });
  const lasts = (left: number, perDay: number) => ({
    postsLeft: left,
    lastsSeconds: expect.closeTo((left / perDay) * 24 * 3600),
  });

  test('counts what the open topics use, and no post twice', async () => {
    const { open, used, of } = await start2000();
    // Without open topics, what was used before does not count.
    used.perDay = 1000;
    expect(await of('tea')).toMatchObject(lasts(1999, 2000));
    open('milk');
    // Two posts of rust are new, beside the one of milk.
    expect(await of('rust')).toMatchObject(lasts(1997, 3000));
    expect(await of('milk')).toMatchObject(lasts(1996, 1000));
  });

  test('is that of the topic alone while it is not known what others use', async () => {
    const { open, used, of } = await start2000();
    open('rust');
    expect(await of('rust')).toMatchObject(lasts(1999, 3000));
    // It has just been opened.
    used.perDay = 0;
    expect(await of('rust')).toMatchObject(lasts(1999, 3000));
  });
});

test('of a topic without posts, or without a limit, lasts for ever', async () => {
  const quiet = await start({ postsPerDay: 0 });
  expect(await quiet.of('rust')).toMatchObject({ postsPerDay: 0, lastsSeconds: undefined });
  const free = await start({ dailyPosts: 'none' });
  expect(await free.of('rust')).toMatchObject({ postsLeft: undefined, lastsSeconds: undefined });
});

test('is asked for once an hour for each rule, however many clients ask at once', async () => {
  const { x, of, clock } = await start();
  await Promise.all(['rust', 'Rust', 'rust -go', 'rust'].map(of));
  expect(x.counts.estimates).toBe(1);
  clock.advance(HOUR - 1);
  await of('rust');
  expect(x.counts.estimates).toBe(1);
  clock.advance(1);
  await of('rust');
  expect(x.counts.estimates).toBe(2);
});

test('is paid for so many times a day, over restarts', async () => {
  const stateDir = tempFolder();
  const clock = new FakeClock();
  const first = await start({ dailyEstimates: 2, stateDir, clock });
  await first.of('one');
  const again = await start({ dailyEstimates: 2, stateDir, clock });
  await again.of('two');
  const reason =
    'all estimates of today are used up (--x-daily-estimates is 2); ask again after 2026-11-21T00:00:00.000Z';
  expect(await again.of('three')).toMatchObject({ reason, paidShare: 0, postsLeft: 9998 });
  expect(again.x.counts.estimates).toBe(1);
  clock.advance(24 * HOUR);
  expect(await again.of('three')).toMatchObject({ postsPerDay: 2400 });
});

test('is kept for its hour, however many other estimates are rejected', async () => {
  const { x, of } = await start({ dailyEstimates: 1 });
  await of('rust');
  const others = await Promise.all(Array.from({ length: 2000 }, (_, i) => of(`rust${i}`)));
  expect(others.every(({ reason }) => reason?.startsWith('all estimates of today'))).toBe(true);
  expect(await of('rust')).toMatchObject({ postsPerDay: 2400 });
  expect(x.counts.estimates).toBe(1);
});

test('costs nothing more once the allowance is used up, of which it is a part', async () => {
  const { x, of, allowance } = await start({ dailyPosts: 10 });
  for (let i = 0; i < 9; i++) allowance.count();
  await of('one');
  expect(await of('two')).toMatchObject({
    reason: expect.stringMatching(/^today's allowance of 10 posts is used up/),
    postsLeft: 0,
  });
  expect(x.counts.estimates).toBe(1);
});

test('that the operator turned off says so, and not to ask again tomorrow', async () => {
  const { x, of } = await start({ dailyEstimates: 0 });
  const reason = 'the server asks X for no estimates, as --x-daily-estimates is 0';
  expect((await of('rust')).reason).toBe(reason);
  expect(x.counts.estimates).toBe(0);
});

test('of a rule that is too long for X to count says so, and costs nothing', async () => {
  const { x, of } = await start();
  const long = Array.from({ length: 12 }, (_, i) => `extraordinary${i}`).join(',');
  expect((await of(long)).reason).toMatch(
    /^X counts for rules of 512 characters at most, and that of this query has \d{3}$/,
  );
  expect(x.counts.estimates).toBe(0);
});

test.each([
  [{ status: 429, body: { title: 'Too Many Requests' } }, /^X answered 429 \(Too Many Requests\)$/],
  [{ status: 401, body: { title: 'Unauthorized' } }, /^X answered 401.*check X_BEARER_TOKEN/],
  [{ status: 503, body: 'down' }, /^X answered 503$/],
  [
    { status: 400, body: { title: 'Invalid Request', detail: 'too long' } },
    /^X answered 400.*too long/,
  ],
  [{ status: 200, body: '{"data":[' }, /something unreadable/],
  [{ status: 200, body: { data: [{ tweet_count: -1 }] } }, /something unreadable/],
  [{ status: 200, body: { data: [{ tweet_count: 1, start: 'x' }] } }, /something unreadable/],
  [{ status: 200, body: { data: [null] } }, /something unreadable/],
  [{ status: 200, body: { meta: {} } }, /something unreadable/],
  ['drop', /^X cannot be reached/],
] as const)(
  'that fails with %j says why, counts, and is asked for again a minute later',
  async (fault, reason) => {
    const { x, of, clock, allowance } = await start();
    x.faults.estimates.push(fault);
    for (let i = 0; i < 3; i++) {
      expect(await of('rust')).toEqual({
        reason: expect.stringMatching(reason),
        paidShare: 0,
        postsLeft: 9999,
      });
    }
    expect(x.counts.estimates).toBe(1);
    expect(allowance.usage.estimatesToday).toBe(1);
    clock.advance(60_000);
    expect(await of('rust')).toMatchObject({ postsPerDay: 2400 });
  },
);

test('waits for X in a queue with a bound', async () => {
  const { x, of, clock } = await start();
  x.faults.estimates.push('silent');
  const asked = Array.from({ length: 21 }, (_, i) => of(`topic${i}`));
  expect((await asked[20])?.reason).toMatch(/^too many estimates wait for X/);
  await until(() => x.counts.estimates === 1);
  clock.advance(15_000);
  const [first, ...others] = await Promise.all(asked.slice(0, 20));
  expect(first?.reason).toBe('X does not answer');
  expect(others.every(({ postsPerDay }) => postsPerDay === 2400)).toBe(true);
});

test('that X never answers ends after a while', async () => {
  const { x, of, clock } = await start();
  x.faults.estimates.push('silent');
  const estimate = of('rust');
  await until(() => x.counts.estimates === 1);
  clock.advance(15_000);
  expect((await estimate).reason).toBe('X does not answer');
});
