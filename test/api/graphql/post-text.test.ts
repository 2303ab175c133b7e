import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { MAX_PUBLIC_TEXT, publicPost } from '../../../src/base/post.ts';
import { connectGraphQL } from '../../support/clients.ts';
import { TEXT_ALONE } from '../../support/posts.ts';
import { configOf, type Senti, startSenti } from '../../support/senti.ts';
import { until } from '../../support/until.ts';

const POST = { id: '1', source: 'hand', langs: [], ...TEXT_ALONE };

/** What a client that tracks coffee gets as the text of a post. */
async function textOf(senti: Senti, text: string) {
  const query = 'subscription { sentiment(track: "coffee") { post { text } } }';
  const results = connectGraphQL(senti.socketUrl).iterate<{
    sentiment: { post: { text: string | null } };
  }>({ query });
  const first = results.next();
  await until(() => senti.source.wanted.length > 0, 'coffee is wanted');
  senti.source.say(text);
  return (await first).value?.data?.sentiment.post.text;
}

describe('the text of a post', () => {
  test('reaches clients as the source sent it', async () => {
    expect(await textOf(await startSenti(), 'I &lt;3 coffee ☕️')).toBe('I &lt;3 coffee ☕️');
  });

  test('is cut, and never within a character', async () => {
    const text = `coffee ${'x'.repeat(MAX_PUBLIC_TEXT - 8)}😀 and more`;
    expect(await textOf(await startSenti(), text)).toBe(text.slice(0, MAX_PUBLIC_TEXT - 1));
  });

  test('is kept without the rest of a post that is far longer', () => {
    setFlagsFromString('--expose-gc');
    const used = () => {
      runInNewContext('gc')();
      return process.memoryUsage().heapUsed;
    };
    const before = used();
    const kept = Array.from({ length: 100 }, (_, n) =>
      publicPost({ ...POST, text: `${n} coffee `.repeat(100_000) }, true),
    );
    expect(used() - before).toBeLessThan(10_000_000);
    expect(kept).toHaveLength(100);
  });

  test('is null from a source that forbids to pass it on', async () => {
    const senti = await startSenti(undefined, undefined, (source) => ({
      ...source,
      isTextPublic: false,
    }));
    expect(await textOf(senti, 'coffee')).toBeNull();
  });

  test('is null with --post-text=false', async () => {
    expect(await textOf(await startSenti(configOf('--post-text=false')), 'coffee')).toBeNull();
  });
});
