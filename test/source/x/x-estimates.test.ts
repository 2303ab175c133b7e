import { expect, onTestFinished, test } from 'vitest';
import type { AllowanceOptions } from '../../../src/source/x/allowance.ts';
import { XEstimates } from '../../../src/source/x/x-estimates.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { type FakeXOptions, startFakeX } from '../../support/fake-x.ts';
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
  const open = new Set<string>();
  const estimates = new XEstimates(
    {
      url: x.url,
      token: TOKEN,
      ruleLength: 1024,
      languages: ['en'],
      allowance,
      isOpen: (canonical) => open.has(canonical),
      openTracks: () => open.size,
    },
    clock,
  );
  onTestFinished(() => estimates.close());
  return {
    x,
    clock: fake,
    allowance,
    open,
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

test('of a topic that is open is paid for, and of another one that may share posts is unknown', async () => {
  const { open, of } = await start();
  open.add('tea');
  expect((await of('rust')).paidShare).toBeUndefined();
  open.add('rust');
  expect((await of('RUST')).paidShare).toBe(1);
  open.delete('rust');
  open.add('rust [x]');
  expect((await of('rust')).paidShare).toBe(1);
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
    'the 2 estimates of today are used up, which --x-daily-estimates sets; ask again after 2026-11-21T00:00:00.000Z';
  expect(await again.of('three')).toMatchObject({ reason, paidShare: 0, postsLeft: 9998 });
  expect(again.x.counts.estimates).toBe(1);
  clock.advance(24 * HOUR);
  expect(await again.of('three')).toMatchObject({ postsPerDay: 2400 });
});

test('is kept for its hour however many others are turned down', async () => {
  const { x, of } = await start({ dailyEstimates: 1 });
  await of('rust');
  const others = await Promise.all(Array.from({ length: 2000 }, (_, i) => of(`rust${i}`)));
  expect(others.every(({ reason }) => reason?.startsWith('the 1 estimates'))).toBe(true);
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
