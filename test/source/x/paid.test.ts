import { expect, test } from 'vitest';
import { LINES_A_TICK } from '../../../src/source/lines.ts';
import { spellLine } from '../../support/fake-x.ts';
import { until } from '../../support/until.ts';
import { startXSource, xPost } from '../../support/x-source.ts';

/** More lines than one tick reads, in fewer bytes than a chunk. */
const FLOOD = LINES_A_TICK + 10;
const DAY_MS = 24 * 60 * 60_000;

test('X charges for a post and for its edit, whichever comes first', async () => {
  const it = await startXSource();
  await it.live('rust');
  const first = xPost('rust');
  const edit = xPost('rust, edited', { edit_history_tweet_ids: [first.id] });
  for (const post of [edit, first, edit, first]) await it.x.raw(spellLine(post));
  await until(() => it.repeated === 3);
  expect(it.posts.length).toBe(1);
  expect(it.source.usage?.postsToday).toBe(2);
});

test('X charges again for a post that it repeats on the next day, and Senti does not deliver it', async () => {
  const it = await startXSource();
  await it.live('rust');
  const post = xPost('rust');
  await it.x.raw(spellLine(post));
  await until(() => it.posts.length === 1);
  it.clock.set(it.clock.now() + DAY_MS);
  await it.x.raw(spellLine(post));
  await until(() => it.repeated === 1);
  expect(it.source.usage?.postsToday).toBe(1);
});

test('every post of a flood that uses the allowance up is counted and delivered', async () => {
  const it = await startXSource({ dailyPosts: 10 });
  await it.live('rust');
  await it.x.raw(Array.from({ length: FLOOD }, () => spellLine(xPost('rust'))).join(''));
  await until(() => it.source.state.name === 'paused');
  expect(it.posts.length).toBe(FLOOD);
  expect(it.source.usage?.postsToday).toBe(FLOOD);
});

test('a post that arrives with the end of the stream is counted and delivered', async () => {
  const it = await startXSource();
  await it.live('rust');
  const end = '{"errors":[{"title":"operational-disconnect"}]}\r\n';
  await it.x.raw(`${end}${spellLine(xPost('rust'))}`);
  await until(() => it.source.usage?.postsToday === 1);
  expect(it.posts.length).toBe(1);
});
