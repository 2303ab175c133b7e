import { expect, test } from 'vitest';
import { spellLine } from '../../support/fake-x.ts';
import { until } from '../../support/until.ts';
import { startXSource, xPost } from '../../support/x-source.ts';

const DAY_MS = 24 * 60 * 60_000;

test('an edit and the post that it is of are paid for both, whichever comes first', async () => {
  const it = await startXSource();
  await it.live('rust');
  const first = xPost('rust');
  const edit = xPost('rust, edited', { edit_history_tweet_ids: [first.id] });
  for (const post of [edit, first, edit, first]) await it.x.raw(spellLine(post));
  await until(() => it.repeated === 3);
  expect(it.posts.length).toBe(1);
  expect(it.source.usage?.postsToday).toBe(2);
});

test('a post that comes again on the next day is paid for again, and not delivered again', async () => {
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
