import { expect, onTestFinished, test } from 'vitest';
import { SentimentDocument, StatusDocument, TrackDocument } from '../../schema/operations.ts';
import { UserError } from '../../src/base/user-error.ts';
import { connectGraphQL, post, run } from '../support/clients.ts';
import { readExposition } from '../support/exposition.ts';
import { startFakeJetstream } from '../support/fake-jetstream.ts';
import type { HandSource } from '../support/hand-source.ts';
import { postEvent } from '../support/jetstream-events.ts';
import { startReal } from '../support/senti.ts';
import { startSeveral } from '../support/several.ts';
import { tempFile } from '../support/temp-file.ts';
import { until } from '../support/until.ts';

const WAITING = { name: 'waiting', reason: 'it broke', until: 5 } as const;

async function two() {
  const senti = await startSeveral(['one', 'two']);
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
  other.say('coffee');
  expect((await first).value?.data?.sentiment.post.source).toBe('two');
  const last = events.next();
  other.sink.rejected(coffee, full);
  expect((await last).value?.errors?.[0]).toMatchObject({
    message: 'one: It is full. two: It is full.',
    extensions: { code: 'UPSTREAM_FULL' },
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
  const jetstream = await startFakeJetstream();
  onTestFinished(() => jetstream.close());
  const file = tempFile('posts.ndjson', '{"text": "coffee from a file"}');
  const { url } = await startReal(
    ...['--source', 'bluesky,replay', '--bluesky-url', jetstream.url, '--file', file],
  );
  const events = run(connectGraphQL(url.replace('http', 'ws')), SentimentDocument, {
    track: 'coffee',
  });
  const first = events.next();
  await jetstream.untilHandshake(1);
  jetstream.emit(postEvent(0, { text: 'coffee from Bluesky' }));
  const posts = [(await first).value, (await events.next()).value].map(
    (result) => result?.data?.sentiment.post,
  );
  expect(posts.map((post) => `${post?.source}: ${post?.text}`).sort()).toEqual([
    'bluesky: coffee from Bluesky',
    'replay: coffee from a file',
  ]);
  await events.return?.();
});
