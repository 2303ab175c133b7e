import { expect, onTestFinished, test } from 'vitest';
import { EstimateDocument } from '../../schema/operations.ts';
import { connectGraphQL, post } from '../support/clients.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startFakeX } from '../support/fake-x.ts';
import { configOf, startSenti } from '../support/senti.ts';
import { tempFolder } from '../support/temp-file.ts';
import { ask, TRANSPORTS } from '../support/transports.ts';

const UNKNOWN = {
  postsPerDay: null,
  costPerDay: null,
  paidShare: null,
  postsLeft: null,
  lastsSeconds: null,
};

const COFFEE = { query: String(EstimateDocument), variables: { track: 'coffee' } };

async function startWithX(...argv: readonly string[]) {
  const clock = new FakeClock();
  const x = await startFakeX({ clock, postsPerDay: 5000 });
  onTestFinished(() => x.close());
  const config = configOf('--x-url', x.url, '--state-dir', tempFolder(), ...argv);
  const senti = await startSenti(
    { ...config, sources: ['bluesky', 'x'], xBearerToken: x.token },
    clock,
  );
  return { x, senti };
}

test('a track costs nothing on free sources, and the estimate says so', async () => {
  for (const [sources, named] of [
    [['sample'], 'sample'],
    [['bluesky', 'mastodon'], 'bluesky and mastodon'],
  ] as const) {
    const senti = await startSenti({ ...configOf(), sources });
    // Before the estimates, which use up what a connection may ask for at once.
    const { errors } = await post(senti.url, EstimateDocument, { track: '-coffee' });
    expect(errors?.[0]?.extensions?.code).toBe('BAD_TRACK');
    const estimate = { ...UNKNOWN, reason: `posts from ${named} cost nothing` };
    for (const transport of TRANSPORTS) {
      expect(await ask(senti, transport, COFFEE)).toEqual({ data: { estimate } });
    }
  }
});

test('among several sources, an estimate is about X', async () => {
  const { x, senti } = await startWithX();
  const estimate = {
    postsPerDay: 5000,
    costPerDay: 25,
    paidShare: 0,
    postsLeft: 9999,
    lastsSeconds: 172_782.72,
    reason: null,
  };
  for (const transport of TRANSPORTS) {
    expect(await ask(senti, transport, COFFEE)).toEqual({ data: { estimate } });
  }
  expect(x.counts.estimates).toBe(1);
});

test('the limits of a month and of estimates are those of the command line', async () => {
  const { x, senti } = await startWithX('--x-monthly-posts', '20', '--x-daily-estimates', '1');
  const estimateOf = async (track: string) =>
    (await post(senti.url, EstimateDocument, { track })).data?.estimate;
  expect(await estimateOf('coffee')).toMatchObject({ postsPerDay: 5000, postsLeft: 20 });
  expect((await estimateOf('tea'))?.reason).toContain(
    'all estimates of today are used up (--x-daily-estimates is 1)',
  );
  expect(x.counts.estimates).toBe(1);
});

test('an estimate that fails says why, without the token', async () => {
  const { x, senti } = await startWithX();
  x.faults.estimates.push({ status: 503, body: { title: `no service for ${x.token}` } });
  const { data } = await post(senti.url, EstimateDocument, { track: 'coffee' });
  expect(data?.estimate).toMatchObject({
    ...UNKNOWN,
    paidShare: 0,
    postsLeft: 9999,
    reason: expect.stringMatching(/^X answered 503 \(no service for /),
  });
  expect(data?.estimate.reason).not.toContain(x.token);
});

test('an estimate costs much work, which the client has to pay on every surface', async () => {
  const { x, senti } = await startWithX(
    ...['--trust-proxy', '127.0.0.1', '--max-work-per-address', '50000'],
    ...['--max-work-per-second', '50000'],
  );
  const query = 'query ($track: String!) { estimate(track: $track) { reason } }';
  const request = async (accept: string) => {
    const response = await fetch(`${senti.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, 'x-forwarded-for': '192.0.2.1' },
      body: JSON.stringify({ query, variables: { track: `coffee${x.counts.estimates}` } }),
    });
    return response.text();
  };
  expect(await request('application/json')).toContain('"reason":null');
  expect(await request('application/json')).toContain('LIMIT_REACHED');
  expect(await request('text/event-stream')).toContain('LIMIT_REACHED');
  expect(x.counts.estimates).toBe(1);
  const several = ['tea', 'milk', 'rust'].map(
    (it, i) => `a${i}: estimate(track: "${it}") { reason }`,
  );
  const response = await fetch(`${senti.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.2' },
    body: JSON.stringify({ query: `{ ${several.join(' ')} }` }),
  });
  expect(await response.text()).toContain('LIMIT_REACHED');
  expect(x.counts.estimates).toBe(2);

  const client = connectGraphQL(senti.socketUrl);
  // Keeps the connection, whose budget pays for both.
  const held = client.iterate({ query: 'subscription { sentiment(track: "tea") { score } }' });
  void held.next();
  const next = () => client.iterate({ query, variables: { track: 'beer' } }).next();
  expect(JSON.stringify(await next())).toContain('"reason":null');
  await expect(next()).rejects.toMatchObject([{ extensions: { code: 'LIMIT_REACHED' } }]);
});
