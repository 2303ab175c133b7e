import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashOf, NONE, PostIndex } from '../../src/history/post-index.ts';

/** All keys that may be of this post, newest first. */
function keysOf(index: PostIndex, post: { source: string; id: string }): number[] {
  const keys: number[] = [];
  for (let key = index.find(hashOf(post)); key !== NONE; key = index.olderThan(key)) keys.push(key);
  return keys;
}

test('finds the keys of each post, newest first, whichever come and go', () => {
  const step = fc.record({ key: fc.nat({ max: 50 }), post: fc.nat({ max: 5 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const index = new PostIndex();
      const posts = new Map<number, number>();
      const postOf = (post: number) => ({
        source: post % 2 === 0 ? 'x' : 'y',
        id: `id${post >> 1}`,
      });
      for (const { key, post } of steps) {
        if (posts.delete(key)) index.delete(key);
        else {
          posts.set(key, post);
          index.add(key, hashOf(postOf(post)));
        }
      }
      for (let post = 0; post <= 5; post += 1) {
        const expected = [...posts.keys()].filter((key) => posts.get(key) === post).reverse();
        expect(keysOf(index, postOf(post))).toEqual(expected);
      }
    }),
  );
});

test('still finds every post when there are thousands', () => {
  const index = new PostIndex();
  const postOf = (key: number) => ({ source: 'x', id: String(key % 4000) });
  for (let key = 0; key < 8000; key += 1) index.add(key, hashOf(postOf(key)));
  for (let key = 0; key < 4000; key += 1) {
    expect(keysOf(index, postOf(key))).toEqual([key + 4000, key]);
  }
});
