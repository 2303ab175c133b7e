import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HashtagCounts } from '../../src/history/hashtag-counts.ts';

const MOST = 20;

test('counts the posts of each topic and hashtag, up to so many hashtags of a topic', () => {
  const post = fc.tuple(fc.nat({ max: 100 }), fc.nat({ max: 60 }));
  fc.assert(
    fc.property(fc.array(post, { maxLength: 1000 }), (posts) => {
      const counts = new HashtagCounts(MOST);
      const expected = new Map<number, Map<number, number>>();
      for (const [topic, hashtag] of posts) {
        const ofTopic = expected.get(topic % 3) ?? new Map<number, number>();
        const before = ofTopic.get(hashtag);
        if (before !== undefined || ofTopic.size < MOST) ofTopic.set(hashtag, (before ?? 0) + 1);
        expected.set(topic % 3, ofTopic);
        counts.makeRoom(topic % 3);
        counts.add(topic % 3, hashtag);
      }
      for (const [topic, ofTopic] of expected) {
        expect(new Map(counts.of(topic))).toEqual(ofTopic);
        expect([...counts.of(topic)].length).toBe(ofTopic.size);
      }
    }),
  );
});
