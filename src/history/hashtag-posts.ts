// The posts of each hashtag, in bounded number.

import type { HashtagPosts } from './store.ts';

/** Distinct hashtags that are kept of each bucket. Clients get fewer, so that sums of buckets hardly miss one. */
export const KEPT_HASHTAGS = 50;

/** The `most` most frequent ones, most frequent first, then by name. */
export function mostFrequent(posts: Iterable<HashtagPosts>, most: number): HashtagPosts[] {
  const best: HashtagPosts[] = [];
  for (const hashtag of posts) {
    // Sorting them all would take ten times as long.
    let at = best.length;
    while (at > 0 && precedes(hashtag, best[at - 1])) at -= 1;
    if (at === most) continue;
    if (best.length === most) best.pop();
    best.splice(at, 0, hashtag);
  }
  return best;
}

function precedes([tag, posts]: HashtagPosts, [other, others]: HashtagPosts = ['', 0]): boolean {
  return posts === others ? tag < other : posts > others;
}

/** The sum of several. */
export function addHashtags(
  counted: readonly (readonly HashtagPosts[])[],
  most: number,
): readonly HashtagPosts[] {
  const lists = counted.filter(({ length }) => length > 0);
  if (lists.length < 2) return (lists[0] ?? []).slice(0, most);
  const sum = new Map<string, number>();
  for (const list of lists) {
    for (const [tag, posts] of list) sum.set(tag, (sum.get(tag) ?? 0) + posts);
  }
  return mostFrequent(sum, most);
}
