import { describe, expect, test } from 'vitest';
import { SharedScale } from '../../src/web/chart-scale.ts';
import { addressOf, readTopics } from '../../src/web/page-address.ts';
import { suggest } from '../../src/web/suggestions.ts';
import { LATEST_EVENTS, type SentimentEvent, Topic } from '../../src/web/topic-state.ts';
import { clockTime, describe as say, signed } from '../../src/web/wording.ts';

describe('the address', () => {
  test('holds the topics, and gives them back as they were written', () => {
    const topics = ['coffee', 'rust lang, #rustlang', '"flat white" -decaf', 'a&b=c+d%', '🙂'];
    expect(readTopics(new URL(addressOf(topics.slice(0, 4)), 'http://x').search)).toEqual(
      topics.slice(0, 4),
    );
    expect(readTopics('?track=coffee&track=tea')).toEqual(['coffee', 'tea']);
    expect(addressOf([])).toBe('/');
  });

  test('gives four topics at the most, each once, and none that is empty', () => {
    expect(readTopics('?track=a&track=+&track=A&x=1&track=b&track=c&track=d&track=e')).toEqual([
      'a',
      'b',
      'c',
      'd',
    ]);
  });
});

test('suggestions begin with single topics and a comparison, and end with the fourth topic', () => {
  expect(suggest([])).toContainEqual(['coffee']);
  expect(suggest([])).toContainEqual(['coffee', 'tea']);
  expect(suggest(['Coffee'])[0]).toEqual(['Coffee', 'tea']);
  expect(suggest(['a', 'b', 'c', 'd'])).toEqual([]);
});

describe('a topic', () => {
  const event: SentimentEvent = {
    polarityIndex: 1,
    polarity: 'NEGATIVE',
    score: -0.5,
    hashtags: [{ tag: 'rain', count: 2 }],
    post: { id: '1', source: 'sample', url: null, createdAt: null, lang: 'en' },
  };

  test('counts an event and its hashtags, and keeps the latest few', () => {
    const topic = new Topic('rain');
    for (let n = 0; n < 10; n++) {
      topic.hear({ ...event, post: { ...event.post, id: String(n) } }, 1000 + n);
    }
    expect(topic.window.totals).toEqual([0, 10, 0]);
    expect(topic.window.topTags(1)).toEqual([['rain', 20]]);
    expect(topic.latest.length).toBe(LATEST_EVENTS);
    expect(topic.latest[0]?.event.post.id).toBe('9');
  });

  test('adds up dropped events', () => {
    const topic = new Topic('rain');
    topic.drop(3);
    topic.drop(4);
    expect(topic.dropped).toBe(7);
  });
});

describe('the status in plain words', () => {
  const source = { name: 'sample', state: 'live', reason: null, until: null };
  const open = { name: 'open' } as const;
  const until = '2026-11-20T10:11:12.000Z';

  test.each([
    [{ name: 'connecting' } as const, undefined, 'Connecting…'],
    [{ name: 'lost' } as const, source, 'Connection lost. Reconnecting…'],
    [open, source, 'Live: made-up posts (the sample)'],
    [open, { ...source, name: 'x' }, 'Live: posts from X'],
    [open, { ...source, name: 'bluesky', state: 'connecting' }, 'Connecting to Bluesky…'],
    [
      open,
      { name: 'x', state: 'waiting', reason: 'it asked for fewer requests.', until },
      `Waiting for X: it asked for fewer requests. Next try at ${clockTime(until)}`,
    ],
    [
      open,
      { name: 'replay', state: 'paused', reason: 'the file has ended', until: null },
      'Paused: the file has ended',
    ],
    [
      { name: 'open', recovered: Date.parse(until) } as const,
      source,
      `Live: made-up posts (the sample). Reconnected at ${clockTime(until)}`,
    ],
  ])('%j and %j', (connection, status, text) => {
    expect(say(connection, status && { usage: null, ...status }, true).text).toBe(text);
  });

  test('a balance has its sign', () => {
    expect([5, -5, 0, undefined].map(signed)).toEqual(['+5', '−5', '0', '–']);
  });
});

describe('the scale of the charts', () => {
  test('takes round numbers', () => {
    const fit = (most: number) =>
      new SharedScale().fit([[[0], [most], [null], [0]]], 0, 10_000, true).above;
    expect([0, 1, 1.2, 2.1, 5, 9, 11, 170].map(fit)).toEqual([1, 1, 2, 3, 6, 10, 20, 200]);
  });

  test('goes to a new height within a second or so, and at once where nothing may move', () => {
    const curves = [[[0], [7.5], [null], [0]]] as const;
    const mutable = curves.map(([t, p, n, u]) => [[...t], [...p], [...n], [...u]]) as never;
    const moving = new SharedScale();
    moving.fit(mutable, 0, 10_000, true);
    expect(new SharedScale().fit(mutable, 0, 10_000, true)).toEqual({
      above: 8,
      below: 1,
      back: 60,
    });
    const gliding = new SharedScale();
    let last = gliding.fit(mutable, 0, 1000, false).above;
    for (let frame = 1; frame < 120; frame++) {
      const { above } = gliding.fit(mutable, 0, 1000 + frame * 16, false);
      expect(above).toBeGreaterThanOrEqual(last);
      last = above;
    }
    expect(last).toBe(8);
  });
});
