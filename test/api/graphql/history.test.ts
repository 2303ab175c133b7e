import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HistoryDocument } from '../../../schema/operations.ts';
import { connectGraphQL, post } from '../../support/clients.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { configOf, type Senti, startSenti } from '../../support/senti.ts';
import { until } from '../../support/until.ts';

const START = Date.parse('2026-11-20T10:00:00Z');
const MINUTE = 60_000;

function iso(minutes: number): string {
  return new Date(START + minutes * MINUTE).toISOString();
}

async function ask(
  senti: Senti,
  variables: Parameters<
    typeof post<object, { track: string; from: string; to?: string; bucket?: string }>
  >[2],
) {
  return post(senti.url, HistoryDocument, variables as never);
}

async function historyOf(senti: Senti, variables: Parameters<typeof ask>[1]) {
  const { data, errors } = await ask(senti, variables);
  if (!data) throw new Error(JSON.stringify(errors));
  return data.history;
}

const LISTEN = `subscription ($track: String!, $after: String) {
  sentiment(track: $track, after: $after) { cursor post { id } }
}`;

interface Heard {
  readonly data?: {
    readonly sentiment: { readonly cursor: string; readonly post: { readonly id: string } };
  };
  readonly extensions?: { readonly gap?: boolean; readonly recovered?: boolean };
}

/** Listens until the returned object is stopped. */
async function listen(senti: Senti, track: string, after?: string) {
  const client = connectGraphQL(senti.socketUrl);
  const heard: Heard[] = [];
  const before = senti.source.wanted.length;
  const stop = client.subscribe(
    { query: LISTEN, variables: { track, after } },
    { next: (result) => void heard.push(result as Heard), error() {}, complete() {} },
  );
  if (after === undefined) await until(() => senti.source.wanted.length > before, 'it listens');
  return { heard, stop };
}

test('counts posts by the minute, and sends their times as text', async () => {
  const clock = new FakeClock(START);
  const senti = await startSenti(configOf('--linger', '60'), clock);
  await listen(senti, 'coffee');
  senti.source.say('I love coffee #espresso');
  clock.advance(MINUTE + 1);
  senti.source.say('I hate coffee');
  senti.source.say('no tea');
  const { cursor, ...told } = await historyOf(senti, { track: 'COFFEE', from: iso(-1) });
  expect(told).toEqual({
    retainedFrom: iso(2 - 24 * 60),
    buckets: [
      { ...EMPTY, start: iso(-1), complete: false },
      {
        ...EMPTY,
        start: iso(0),
        posts: 1,
        positive: 1,
        meanScore: 0.6369,
        hashtags: [{ tag: 'espresso', count: 1 }],
        bySource: [{ source: 'hand', posts: 1 }],
      },
      {
        ...EMPTY,
        start: iso(1),
        posts: 1,
        negative: 1,
        meanScore: -0.5719,
        bySource: [{ source: 'hand', posts: 1 }],
      },
    ],
  });
  expect(cursor).toMatch(/^[\w-]{24}$/);
});

const EMPTY = {
  posts: 0,
  positive: 0,
  negative: 0,
  neutral: 0,
  meanScore: null,
  hashtags: [],
  bySource: [],
  complete: true,
};

test('an outage of the source is no time without posts', async () => {
  const clock = new FakeClock(START);
  const senti = await startSenti(configOf('--linger', '60'), clock);
  await listen(senti, 'coffee');
  clock.advance(3 * MINUTE);
  senti.source.become({ name: 'waiting', reason: 'gone', until: 0 });
  clock.advance(2 * MINUTE);
  senti.source.become({ name: 'connecting' });
  senti.source.become({ name: 'live' });
  senti.source.sink.gap();
  clock.advance(2 * MINUTE + 1);
  const { buckets } = await historyOf(senti, { track: 'coffee', from: iso(0) });
  expect(buckets.map(({ complete }) => complete)).toEqual([
    true,
    true,
    false,
    false,
    false,
    true,
    true,
    true,
  ]);
});

test('the history and a subscription after it have each event once', async () => {
  const clock = new FakeClock(START);
  const senti = await startSenti(configOf('--linger', '600'), clock);
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constant('say' as const) },
    { weight: 1, arbitrary: fc.constant('other' as const) },
    { weight: 1, arbitrary: fc.constant('ask' as const) },
    { weight: 2, arbitrary: fc.nat(2 * MINUTE) },
  );
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 20 }),
      fc.array(step, { maxLength: 10 }),
      async (before, after) => {
        run += 1;
        const topic = `topic${run}`;
        const first = await listen(senti, topic);
        const from = new Date(clock.now()).toISOString();
        let said = 0;
        const play = (steps: typeof before) => {
          const asked = [];
          for (const step of steps) {
            if (step === 'say') {
              senti.source.say(topic);
              said += 1;
            } else if (step === 'other') senti.source.say('something else');
            else if (step === 'ask') asked.push(historyOf(senti, { track: topic, from }));
            else clock.advance(step);
          }
          return asked;
        };
        const earlier = play(before);
        const asked = historyOf(senti, { track: topic, from });
        // The question travels while more is said.
        earlier.push(...play(after));
        const { buckets, cursor } = await asked;
        const counted = buckets.reduce((sum, { posts }) => sum + posts, 0);
        const second = await listen(senti, topic, cursor);
        senti.source.say(topic);
        said += 1;
        await until(() => counted + second.heard.length >= said, 'all is heard');
        expect(counted + second.heard.length).toBe(said);
        expect(second.heard[0]?.extensions).toEqual({ recovered: true });
        const ids = second.heard.map(({ data }) => data?.sentiment.post.id);
        expect(new Set(ids).size).toBe(ids.length);
        // The topic was followed from the middle of its first minute on.
        expect(buckets.slice(1).every(({ complete }) => complete)).toBe(true);
        await Promise.all(earlier);
        first.stop();
        second.stop();
      },
    ),
    { numRuns: 40 },
  );
});

describe('a question', () => {
  const clock = new FakeClock(START);

  test.each([
    [{ track: 'the', from: iso(-1) }, 'BAD_TRACK', /stop words/],
    [{ track: 'coffee', from: iso(0), to: iso(0) }, 'BAD_USER_INPUT', /"from" must be before "to"/],
    [{ track: 'coffee', from: iso(1) }, 'BAD_USER_INPUT', /"from" must be in the past/],
    [{ track: 'coffee', from: iso(-1500) }, 'LIMIT_REACHED', /about 1501 buckets; ask for 1500/],
    [{ track: 'coffee', from: iso(-3000), to: iso(-1000) }, 'LIMIT_REACHED', /about 2000 buckets/],
  ])('%j is rejected with %s', async (variables, code, message) => {
    const senti = await startSenti(configOf(), clock);
    const { errors } = await ask(senti, variables);
    expect(errors).toMatchObject([
      { message: expect.stringMatching(message), extensions: { code } },
    ]);
  });

  test('may ask for as many buckets as the operator allows', async () => {
    const senti = await startSenti(configOf('--max-history-buckets', '10'), clock);
    expect((await historyOf(senti, { track: 'coffee', from: iso(-9) })).buckets.length).toBe(10);
    expect((await ask(senti, { track: 'coffee', from: iso(-10) })).errors).toHaveLength(1);
    const closed = { track: 'coffee', from: iso(-10), to: iso(0) };
    expect((await historyOf(senti, closed)).buckets.length).toBe(10);
    const hours = { track: 'coffee', from: iso(-9 * 60), bucket: 'HOUR' };
    expect((await historyOf(senti, hours)).buckets.length).toBe(10);
  });

  test.each([
    'yesterday',
    '2026-11-20',
    '2026-11-20T10:00:00',
    '2026-02-30T10:00:00Z',
    '2026-11-20T24:00:00Z',
    5,
    null,
  ])('at %j names no time', async (from) => {
    const senti = await startSenti(configOf(), clock);
    const { errors } = await ask(senti, { track: 'coffee', from: from as string });
    expect(errors?.length).toBe(1);
    expect(errors?.[0]?.message).toMatch(from === null ? /null/ : /ISO 8601/);
  });

  test('may give its times in any zone, as variables or in its text', async () => {
    const senti = await startSenti(configOf(), clock);
    const { buckets } = await historyOf(senti, { track: 'coffee', from: '2026-11-20T11:58+02:00' });
    expect(buckets.map(({ start }) => start)).toEqual([iso(-2), iso(-1), iso(0)]);
    const query = `{ history(track: "coffee", from: "2026-11-20T09:59:00.000Z") { buckets { start } } }`;
    expect(await post(senti.url, query, {})).toEqual({
      data: { history: { buckets: [{ start: iso(-1) }, { start: iso(0) }] } },
    });
  });

  test('costs work by its buckets, which the address has to pay; those of the future cost nothing', async () => {
    const senti = await startSenti(
      configOf('--trust-proxy', '127.0.0.1', '--max-work-per-address', '20000'),
      new FakeClock(START),
    );
    const request = (times: string) =>
      fetch(`${senti.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.1' },
        body: JSON.stringify({ query: `{ history(track: "coffee", ${times}) { cursor } }` }),
      });
    const toTheFuture = `from: "${iso(-1)}", to: "2200-01-01T00:00:00Z"`;
    const long = `from: "${iso(-1000)}"`;
    for (const times of [toTheFuture, toTheFuture, long]) {
      expect((await request(times)).status).toBe(200);
    }
    const rejected = await request(long);
    const { errors } = (await rejected.json()) as { errors: { extensions: { code: string } }[] };
    expect(errors[0]?.extensions.code).toBe('LIMIT_REACHED');
  });
});

test('works over a WebSocket as well', async () => {
  const senti = await startSenti(configOf(), new FakeClock(START));
  const client = connectGraphQL(senti.socketUrl);
  const query = `{ history(track: "coffee", from: "${iso(-1)}") { buckets { posts complete } } }`;
  const { value } = await client.iterate({ query }).next();
  expect(value).toEqual({
    data: {
      history: {
        buckets: [
          { posts: 0, complete: false },
          { posts: 0, complete: false },
        ],
      },
    },
  });
});
