import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SentimentDocument, StatusDocument, TrackDocument } from '../../schema/operations.ts';
import { UserError } from '../../src/base/user-error.ts';
import { startServer } from '../../src/server/server.ts';
import { connectGraphQL, post, run } from '../support/clients.ts';
import { readExposition } from '../support/exposition.ts';
import { startFakeJetstream } from '../support/fake-jetstream.ts';
import { startFakeMastodon } from '../support/fake-mastodon.ts';
import { startFakeX } from '../support/fake-x.ts';
import type { HandSource } from '../support/hand-source.ts';
import { postEvent } from '../support/jetstream-events.ts';
import { configOf } from '../support/senti.ts';
import { startSeveral } from '../support/several.ts';
import { statusOf } from '../support/statuses.ts';
import { tempFile, tempFolder } from '../support/temp-file.ts';
import { ask, runOver, STREAMS } from '../support/transports.ts';
import { until } from '../support/until.ts';
import { xPost } from '../support/x-source.ts';

const WAITING = { name: 'waiting', reason: 'it broke', until: 5 } as const;

async function two(config = configOf()) {
  const senti = await startSeveral(['one', 'two'], config);
  const [one, other] = senti.sources as [HandSource, HandSource];
  const ready = async () => {
    const response = await fetch(`${senti.url}/ready`);
    return [response.status, await response.json()];
  };
  return { ...senti, one, other, ready };
}

test('a source that is out does not hold up another one', async () => {
  const { socketUrl, one, other, ready, log, url } = await two();
  const events = run(connectGraphQL(socketUrl), SentimentDocument, { track: 'coffee' });
  const next = events.next();
  await until(() => other.wanted.length > 0, 'the track is wanted');
  one.become(WAITING);
  expect(await ready()).toEqual([
    200,
    {
      ready: true,
      source: { name: 'one,two', state: 'live' },
      sources: [
        { ...WAITING, name: 'one', state: 'waiting' },
        { name: 'two', state: 'live' },
      ],
    },
  ]);
  other.say('coffee');
  expect((await next).value?.data?.sentiment.post.source).toBe('two');
  other.become({ name: 'paused', reason: 'it ended' });
  expect(await ready()).toMatchObject([503, { source: { name: 'one,two', state: 'waiting' } }]);
  expect(log).toContain('source one: waiting: it broke (until 1970-01-01T00:00:00.005Z)');
  expect(log).toContain('source two: paused: it ended');
  one.sink.bad('line 1: no JSON');
  const metrics = readExposition(await (await fetch(`${url}/metrics`)).text());
  expect(Object.fromEntries(metrics.values)).toMatchObject({
    'senti_posts_seen_total{source="one"}': 0,
    'senti_posts_seen_total{source="two"}': 1,
    'senti_posts_bad_total{source="one"}': 1,
    'senti_posts_bad_total{source="two"}': 0,
    'senti_source_state{source="one",state="waiting"}': 1,
    'senti_source_state{source="two",state="paused"}': 1,
    'senti_source_reconnects_total{source="one"}': 1,
  });
  expect((await post(url, StatusDocument, {})).data?.status).toMatchObject({
    source: { name: 'one,two', state: 'waiting', reason: 'it broke' },
    sources: [
      { name: 'one', state: 'waiting', reason: 'it broke', postsSeen: 0 },
      { name: 'two', state: 'paused', reason: 'it ended', postsSeen: 1, postsMatched: 1 },
    ],
    postsSeen: 1,
  });
  await events.return?.();
});

test('a topic that one source rejects goes on with the other, and ends when both have', async () => {
  const { socketUrl, one, other, log, url } = await two();
  const events = run(connectGraphQL(socketUrl), SentimentDocument, { track: 'coffee' });
  const first = events.next();
  await until(() => other.wanted.length > 0, 'the track is wanted');
  const full = new UserError('UPSTREAM_FULL', 'It is full.');
  const [coffee] = one.tracks;
  if (coffee === undefined) throw new Error('no track is wanted');
  one.sink.rejected(coffee, full);
  expect(one.wanted.at(-1)).toEqual([]);
  expect(log).toContain('"coffee" is not followed at one for now: It is full.');
  expect((await post(url, TrackDocument, { query: 'Coffee' })).data?.track.rejectedBy).toEqual([
    { source: 'one', reason: 'It is full.' },
  ]);
  const atTwo = await post(
    url,
    '{ track(query: "coffee") { rejectedBy(sources: "two") { source } } }',
    {},
  );
  expect(atTwo.data).toEqual({ track: { rejectedBy: [] } });
  other.say('coffee');
  expect((await first).value?.data?.sentiment.post.source).toBe('two');
  const last = events.next();
  other.sink.rejected(coffee, full);
  expect((await last).value?.errors?.[0]).toMatchObject({
    message: 'one: It is full. two: It is full.',
    extensions: { code: 'UPSTREAM_FULL' },
  });
});

describe.each(STREAMS)('over %s', (stream) => {
  const EVENTS = `subscription ($track: String!, $sources: [String!], $after: String, $last: Int) {
    sentiment(track: $track, sources: $sources, after: $after, last: $last) { cursor post { id source } }
  }`;
  type Result = { sentiment: { cursor: string; post: { id: string; source: string } } };

  test('a client hears the sources that it chooses, and only these are asked for its track', async () => {
    const senti = await two(configOf('--linger', '60'));
    const { one, other } = senti;
    const listen = (variables: object) => {
      const events = runOver<Result, object>(senti, stream, EVENTS, {
        track: 'coffee',
        ...variables,
      });
      onTestFinished(async () => void (await events.return?.()));
      return async () => {
        const { value } = await events.next();
        const { cursor, post: heard } = value.data.sentiment;
        return { cursor, said: `${heard.source} ${heard.id}`, notice: value.extensions };
      };
    };
    const some = listen({ sources: ['two', 'two'] });
    const first = some();
    await until(() => other.wanted.at(-1)?.length === 1, 'one listens');
    expect([one.wanted.at(-1), other.wanted.at(-1)]).toEqual([[], ['coffee [two]']]);
    one.say('coffee', { id: 'a1' });
    other.say('coffee', { id: 'b1' });
    const { cursor, said } = await first;
    expect(said).toBe('two b1');
    const all = listen({ sources: ['two', 'one'] });
    const next = all();
    await until(() => one.wanted.at(-1)?.length === 1, 'both listen');
    expect([one.wanted.at(-1), other.wanted.at(-1)]).toEqual([
      ['coffee'],
      ['coffee [two]', 'coffee'],
    ]);
    one.say('coffee', { id: 'a2' });
    other.say('coffee', { id: 'b2' });
    expect([(await next).said, (await all()).said]).toEqual(['one a2', 'two b2']);
    expect((await some()).said).toBe('two b2');
    // A gap of another source is none.
    one.sink.gap();
    const after = listen({ after: cursor, sources: ['two'] });
    expect(await after()).toMatchObject({ said: 'two b2', notice: { recovered: true } });
    const last = listen({ last: 2, sources: ['two'] });
    expect([(await last()).said, (await last()).said]).toEqual(['two b1', 'two b2']);
    other.say('coffee', { id: 'b3' });
    expect([await some(), await all()]).toMatchObject([
      { said: 'two b3', notice: undefined },
      { said: 'two b3', notice: { gap: true } },
    ]);
  });

  test.each([
    [
      ['x'],
      'There is no source "x" here. This server reads one and two; choose from these, or leave out "sources".',
    ],
    [
      [],
      '"sources" is empty. This server reads one and two; choose from these, or leave out "sources".',
    ],
  ])('sources %j are rejected with a sentence', async (sources, message) => {
    const senti = await two();
    const query = EVENTS;
    const { errors } = await ask(senti, stream, { query, variables: { track: 'coffee', sources } });
    expect(errors?.[0]).toMatchObject({ message, extensions: { code: 'BAD_USER_INPUT' } });
  });
});

test('ids are of one source: a deletion at one does not touch a post of the other', async () => {
  const { socketUrl, one, other } = await two();
  const events = run(connectGraphQL(socketUrl), SentimentDocument, { track: 'coffee' });
  const next = events.next();
  await until(() => other.wanted.length > 0, 'the track is wanted');
  one.say('coffee', { id: 'a' });
  other.say('coffee', { id: 'a' });
  one.sink.deleted('a');
  expect((await next).value?.data?.sentiment.post).toMatchObject({ source: 'two', id: 'a' });
  await events.return?.();
});

test('--source with a list reads each of them, and passes on the texts of those that allow it', async () => {
  const [jetstream, mastodon, other, x] = await Promise.all([
    startFakeJetstream(),
    startFakeMastodon({ token: 'of-the-first' }),
    startFakeMastodon({ token: 'of-the-other' }),
    startFakeX(),
  ]);
  for (const upstream of [jetstream, mastodon, other, x]) onTestFinished(() => upstream.close());
  const file = tempFile('posts.ndjson', '{"text": "coffee from a file"}');
  const config = configOf(
    ...['--source', 'bluesky,mastodon,replay', '--file', file, '--state-dir', tempFolder()],
    ...['--bluesky-url', jetstream.url, '--mastodon-url', `${mastodon.url},${other.url}`],
    ...['--x-url', x.url],
  );
  const { url } = await startServer(
    {
      ...config,
      sources: [...config.sources, 'x'],
      mastodonToken: ['of-the-first', 'of-the-other'],
      xBearerToken: x.token,
    },
    pino({ level: 'silent' }),
  );
  const events = run(connectGraphQL(url.replace('http', 'ws')), SentimentDocument, {
    track: 'coffee',
  });
  const first = events.next();
  await Promise.all([jetstream, mastodon, other].map((upstream) => upstream.untilHandshake(1)));
  await until(() => x.connected, 'X streams');
  expect(mastodon.accepted.concat(other.accepted).map((it) => it.authorization)).toEqual([
    'Bearer of-the-first',
    'Bearer of-the-other',
  ]);
  jetstream.emit(postEvent(0, { text: 'coffee from Bluesky' }));
  mastodon.emit(statusOf(0, { text: 'coffee from Mastodon' }));
  other.emit(statusOf(1, { text: 'coffee from another instance' }));
  await x.push(xPost('coffee from X'));
  const heard = [await first];
  while (heard.length < 5) heard.push(await events.next());
  const posts = heard.map(({ value }) => value?.data?.sentiment.post);
  expect(posts.map((post) => `${post?.source}: ${post?.text}`).sort()).toEqual([
    'bluesky: coffee from Bluesky',
    'mastodon: coffee from Mastodon',
    'mastodon: coffee from another instance',
    'replay: coffee from a file',
    'x: null',
  ]);
  await events.return?.();
});
