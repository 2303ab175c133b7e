import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashOf, PostIndex } from '../../src/history/post-index.ts';

function postOf(post: number) {
  return { source: post % 2 === 0 ? 'x' : 'y', id: `id${post >> 1}` };
}

test('finds the numbers of each post, however many there are', () => {
  const posts = fc.array(fc.option(fc.nat({ max: 400 }), { nil: undefined }), { maxLength: 1000 });
  fc.assert(
    fc.property(posts, (added) => {
      const index = new PostIndex();
      for (const post of added) index.add(post === undefined ? undefined : hashOf(postOf(post)));
      expect(index.size).toBe(added.length);
      for (const post of new Set([0, 1, 2, ...added])) {
        if (post === undefined) continue;
        const expected = [...added.keys()].filter((number) => added[number] === post);
        expect([...index.find(hashOf(postOf(post)))].sort((a, b) => a - b)).toEqual(expected);
      }
    }),
  );
});
