import { describe, expect, test } from 'vitest';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import { createSample, samplePosts } from '../../src/source/sample.ts';
import PHRASES from '../../src/source/sample-phrases.json' with { type: 'json' };
import { words } from '../../src/track/words.ts';
import { sourceContract } from '../contract/source.ts';
import { FakeClock, passTime } from '../support/fake-clock.ts';
import { createRecordingSink } from '../support/recording-sink.ts';
import { track } from '../support/tracks.ts';

sourceContract('sample', async (sink) => {
  const clock = new FakeClock();
  return {
    source: createSample({ seed: 1 }, sink, clock),
    run: (done) => passTime(clock, done),
  };
});

function take(seed: number, count: number) {
  return [...samplePosts(seed, new FakeClock()).take(count)];
}

describe('the sample', () => {
  test.each([
    [undefined, 25],
    [500, 500],
  ])('at the rate %s plays %i posts a second', async (rate, postsASecond) => {
    const clock = new FakeClock();
    const sink = createRecordingSink();
    const source = createSample({ seed: 1, rate }, sink, clock);
    source.want(new Set([track('coffee')]));
    await passTime(
      clock,
      sink.until(({ posts }) => posts.length >= 10 * postsASecond),
      20,
    );
    await source.close();
    expect(clock.monotonic()).toBeGreaterThanOrEqual(10_000);
    expect(clock.monotonic()).toBeLessThanOrEqual(10_500);
  });

  test('is the same for the same seed, and differs for another', () => {
    expect(take(7, 50)).toEqual(take(7, 50));
    expect(take(7, 50).map((post) => post.text)).not.toEqual(take(8, 50).map((post) => post.text));
  });

  test('covers every topic, with hashtags', () => {
    const posts = take(1, 1000).map((post) => words(post.text));
    expect(PHRASES.topics.length).toBeGreaterThanOrEqual(12);
    for (const { hashtags } of PHRASES.topics) {
      const tag = `#${hashtags[0]}`;
      expect(posts.filter((found) => found.includes(tag)).length).toBeGreaterThan(10);
    }
  });

  test('puts a full stop between two sentences', () => {
    const tails = Object.values(PHRASES.tails)
      .flat()
      .filter((tail) => /^[A-Z]/.test(tail));
    const pattern = new RegExp(`\\w (${tails.join('|').replaceAll('.', '\\.')})`);
    const texts = take(1, 2000).map(({ text }) => text);
    expect(texts.filter((text) => tails.some((tail) => text.includes(`. ${tail}`)))).not.toEqual(
      [],
    );
    expect(texts.filter((text) => pattern.test(text))).toEqual([]);
  });

  test('states the hashtags that stand in its texts', () => {
    for (const { text, tags } of take(1, 1000)) {
      expect(words(text).filter((word) => word.startsWith('#'))).toEqual(
        tags.map((tag) => `#${tag.toLowerCase()}`),
      );
    }
  });

  test('has moods that drift: a topic is mostly liked at one time and mostly disliked at another', () => {
    const analyze = createAnalyzer('full', vader);
    const tenMinutes = take(1, 25 * 600);
    const coffee = tenMinutes.map((post, i) => ({ post, minute: Math.floor(i / (25 * 60)) }));
    const shares = Array.from({ length: 10 }, (_, minute) => {
      const polarities = coffee
        .filter((item) => item.minute === minute && words(item.post.text).includes('coffee'))
        .map(({ post }) => analyze(post.text).polarity);
      return polarities.filter((polarity) => polarity === 'POSITIVE').length / polarities.length;
    });
    expect(Math.max(...shares)).toBeGreaterThan(0.55);
    expect(Math.min(...shares)).toBeLessThan(0.3);
  });
});
