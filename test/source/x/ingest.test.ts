// Posts of X as listeners get them: X delivers by rule, and the matcher decides by all that a post states.

import { expect, onTestFinished, test } from 'vitest';
import { type Analysis, createAnalyzer, type Profile } from '../../../src/sentiment/analysis.ts';
import { vader } from '../../../src/sentiment/vader/vader.ts';
import { createX } from '../../../src/source/x/x.ts';
import { Ingest } from '../../../src/stream/ingest.ts';
import { FakeClock, passTime } from '../../support/fake-clock.ts';
import { startFakeX, type XPost } from '../../support/fake-x.ts';
import { keeping } from '../../support/keeping.ts';
import { recordTelemetry } from '../../support/telemetry.ts';
import { track } from '../../support/tracks.ts';
import { untilWith } from '../../support/until.ts';
import { allowanceOf, xPost } from '../../support/x-source.ts';

const LAST = 'the very last one';

/** Publishes `posts` at X, and returns how many of them it sent, and the ids that the listeners of each query got. */
async function play(
  queries: readonly string[],
  posts: readonly XPost[],
  /** What each of them quotes. */
  quoted?: string,
  profile: Profile = 'full',
) {
  const clock = new FakeClock();
  const x = await startFakeX({ clock, keepAliveMs: 10_000 });
  const told = new Map<string, string[]>(queries.map((query) => [query, []]));
  const analyses: Pick<Analysis, 'score' | 'hashtags'>[] = [];
  let isDone = false;
  const options = {
    url: x.url,
    token: x.token,
    maxRules: 1000,
    ruleLength: 1024,
    languages: ['en'],
    allowance: allowanceOf(clock, { dailyPosts: 'none' }),
    warn: () => {},
  } as const;
  const ingest = new Ingest<string>(
    {
      connect: (sink) => createX(options, sink, clock),
      analyze: createAnalyzer(profile, vader),
      languages: ['en'],
      postText: true,
      ...keeping(),
      telemetry: recordTelemetry(),
    },
    {
      event({ post, score, hashtags }, outlets) {
        // X does not allow to pass texts on.
        expect(post.text).toBeNull();
        if (outlets.includes('last')) isDone = true;
        else {
          analyses.push({ score, hashtags });
          for (const outlet of outlets) told.get(outlet)?.push(post.id);
        }
      },
      gap: () => {},
      deleted: () => {},
      rejected: (_, error) => expect.fail(error.message),
    },
  );
  onTestFinished(async () => {
    await passTime(clock, ingest.stop());
    await x.close();
  });
  for (const query of queries) ingest.open(track(query), query);
  ingest.open(track(`"${LAST}"`), 'last');
  await untilWith(clock, () => ingest.source.state.name === 'live');
  let sent = 0;
  for (const post of posts) if (await x.push(post, quoted)) sent += 1;
  await x.push(xPost(LAST));
  await untilWith(clock, () => isDone);
  return { told, sent, analyses };
}

function linkTo(expanded_url: string, text = 'Look at') {
  const url = 'https://t.co/aBcDeF1234';
  return xPost(`${text} ${url}`, { entities: { urls: [{ url, expanded_url }], hashtags: [] } });
}

test('a post with a link is found by its address, and not by the words that every link has', async () => {
  const post = linkTo('https://www.example.com/docs/start?from=news');
  const found = ['example.com', 'https://example.com/docs', 'example.com/docs/start', 'look'];
  const others = ['co', 'https', 'http', 'com', 'docs', 'www', 'example.com/start', 'ample.com'];
  const { told, sent } = await play([...found, ...others], [post]);
  expect(sent).toBe(1);
  for (const query of found) expect(told.get(query), query).toEqual([post.id]);
  for (const query of others) expect(told.get(query), query).toEqual([]);
});

test.each(['full', 'original'] as const)('no word of a link counts under %s', async (profile) => {
  const post = linkTo('https://example.com/so-awful?why=bad#worst-day');
  const { analyses } = await play(['look'], [post], undefined, profile);
  expect(analyses).toEqual([{ score: 0, hashtags: [] }]);
});

test('X sends no post for a word of its link or for another address', async () => {
  const queries = ['com', 'docs', 'news.example', 'example.com/other'];
  const { sent } = await play(queries, [linkTo('https://example.com/docs')]);
  expect(sent).toBe(0);
});

test('an excluded address keeps out posts that lead there, but none that only quotes one', async () => {
  const elsewhere = linkTo('https://example.org', 'coffee at');
  const there = linkTo('https://example.com/shop', 'coffee at');
  const named = xPost('coffee at example.com');
  const quoted = 'coffee at example.com';
  const { told, sent } = await play(['coffee -example.com'], [elsewhere, there, named], quoted);
  expect(sent).toBe(3);
  expect(told.get('coffee -example.com')).toEqual([elsewhere.id]);
});

test('a word of a link is no word of the text, whatever sign stands before it', async () => {
  const post = linkTo('https://example.com/Java(coffee)[tea]"milk"/コーヒー');
  const found = ['look', 'example.com/java/coffee', 'example.com/java/coffee/tea/milk'];
  const others = ['coffee', 'tea', 'milk', 'コーヒー'];
  const { told } = await play([...found, ...others], [post]);
  for (const query of found) expect(told.get(query), query).toEqual([post.id]);
  for (const query of others) expect(told.get(query), query).toEqual([]);
});

test('a post with a photo is not found by the address that X adds for it', async () => {
  const id = '1970000000000000777';
  const url = 'https://t.co/photo';
  const expanded_url = `https://x.com/someone/status/${id}/photo/1`;
  const photo = { ...xPost(`coffee ${url}`, { entities: { urls: [{ url, expanded_url }] } }), id };
  const { told } = await play(['coffee', 'x.com', 't.co', 'status', 'photo'], [photo]);
  expect(Object.fromEntries(told)).toEqual({
    coffee: [id],
    'x.com': [],
    't.co': [],
    status: [],
    photo: [],
  });
});

test('words with signs and hashtags of several words are found as they are written', async () => {
  const plus = xPost('I love C++ and .NET');
  const tag = xPost('time for #self-care', { entities: { hashtags: [{ tag: 'self' }] } });
  const bare = xPost('vitamin c and a net, by itself and with care');
  const { told } = await play(['C++', '.NET', '#self-care'], [plus, tag, bare]);
  expect(told.get('C++')).toEqual([plus.id]);
  expect(told.get('.NET')).toEqual([plus.id]);
  expect(told.get('#self-care')).toEqual([tag.id]);
});
