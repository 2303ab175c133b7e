import { describe, expect, test } from 'vitest';
import PHRASES from '../../src/source/sample-phrases.json' with { type: 'json' };
import { SharedScale } from '../../src/web/chart-scale.ts';
import { evenPart, timeToMove } from '../../src/web/drawing-pace.ts';
import { createLiveRegion } from '../../src/web/live-region.ts';
import { Spikes } from '../../src/web/notify.ts';
import { addressOf, readTopics } from '../../src/web/page-address.ts';
import type { Picture } from '../../src/web/picture.ts';
import type { Cell } from '../../src/web/rolling-window.ts';
import { WINDOW_SECONDS } from '../../src/web/rolling-window.ts';
import { SAMPLE_TOPICS, suggest } from '../../src/web/suggestions.ts';
import { toCsv } from '../../src/web/take-along.ts';
import { LATEST_EVENTS, type SentimentEvent, Topic } from '../../src/web/topic-state.ts';
import {
  clockTime,
  describeFew,
  describeMissing,
  describeSpike,
  describe as say,
  signed,
  titleOf,
} from '../../src/web/wording.ts';

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

test('the page knows what the sample talks about', () => {
  expect(SAMPLE_TOPICS).toEqual(
    PHRASES.topics.map(({ names }) => names[0]?.replace(/^(the|my) /, '')),
  );
});

test('a screen reader is told of a balance after five seconds, and of a change after thirty', () => {
  const region = { textContent: '' };
  const { review } = createLiveRegion(region as HTMLElement);
  const topic = new Topic('rain');
  const START = Date.UTC(2026, 10, 20);
  const told = (second: number, polarityIndex: number, posts: number) => {
    region.textContent = '';
    const now = START + second * 1000;
    topic.window.advance(now);
    for (let n = 0; n < posts; n++) topic.window.add(polarityIndex, [], now);
    review([topic], now);
    return region.textContent;
  };
  topic.window.watch(true, START);
  expect(told(0, 0, 20)).toBe('');
  expect(told(5, 0, 0)).toBe('rain: very positive, balance +100.');
  expect(told(34, 1, 20)).toBe('');
  expect(told(35, 1, 0)).toBe('rain: mixed, balance 0.');
  // Of little news, it is not told.
  expect(told(70, 0, 4)).toBe('');
  // The server has told the time, and it is earlier.
  expect(told(-7200, 0, 20)).toBe('rain: very positive, balance +100.');
});

test('a spike that comes back within five minutes is the same one', () => {
  const spikes = new Spikes();
  const [coffee, tea] = [{}, {}];
  const begins = (topic: object, isSpike: boolean, minute: number) =>
    spikes.begins(topic, isSpike, minute * 60_000);
  expect([begins(coffee, false, 0), begins(coffee, true, 1), begins(coffee, true, 2)]).toEqual([
    false,
    true,
    false,
  ]);
  expect([begins(tea, true, 2), begins(coffee, false, 3), begins(coffee, true, 7)]).toEqual([
    true,
    false,
    false,
  ]);
  expect(begins(coffee, true, 13)).toBe(true);
  expect(describeSpike([30, 10, 0])).toBe(
    '40 posts in the last minute, balance +50 (very positive).',
  );
  expect(describeSpike([3, 1, 0])).toBe('4 posts in the last minute.');
});

test('a topic without a balance says what is known of its posts', () => {
  expect(describeFew(3, 'hour', true)).toBe('Too few posts yet');
  expect(describeFew(0, 'hour', true)).toBe('No posts in the last hour');
  expect(describeFew(0, undefined, true)).toBe('Not known');
  expect(describeFew(0, undefined, false)).toBe('No posts yet');
});

test('a time of another day has its date', () => {
  const time = new Date(2020, 10, 28, 12).getTime();
  expect(clockTime(time, time + 3_600_000)).toBe('12:00:00');
  expect(clockTime(time, time + 86_400_000)).toBe('28 Nov 2020, 12:00:00');
});

test('counts become CSV that no spreadsheet runs', () => {
  const cell = { from: 0, to: 1, counts: [1, 2, 3], isKnown: true } satisfies Cell;
  expect(toCsv([{ track: '="a"', cells: [cell] }])).toBe(
    'topic,from,to,positive,neutral,negative,complete\r\n' +
      `"'=""a""",1970-01-01T00:00:00.000Z,1970-01-01T00:00:01.000Z,1,3,2,true\r\n`,
  );
});

test('the title has each balance, and a warning while no posts come', () => {
  const topics = [
    { track: 'coffee', balance: 12 },
    { track: 'tea', balance: undefined },
  ];
  expect(titleOf(topics, 'live')).toBe('coffee +12 · tea – Senti');
  expect(titleOf(topics, 'waiting')).toBe('⚠ coffee +12 · tea – Senti');
  expect(titleOf([], 'waiting')).toBe('Senti');
});

describe('a topic', () => {
  const event: SentimentEvent = {
    cursor: 'a',
    receivedAt: '1970-01-01T00:00:00.000Z',
    polarityIndex: 1,
    polarity: 'NEGATIVE',
    score: -0.5,
    hashtags: [{ tag: 'rain', count: 2 }],
    post: { id: '1', source: 'sample', url: null, createdAt: null, lang: 'en', text: null },
  };

  test('counts an event and its hashtags, and keeps the latest few', () => {
    const topic = new Topic('rain');
    for (let n = 0; n < 120; n++) {
      topic.hear({ ...event, post: { ...event.post, id: String(n) } }, 1000 + n);
    }
    expect(topic.window.totals).toEqual([0, 120, 0]);
    expect(topic.window.topTags(1)).toEqual([['rain', 240]]);
    expect(topic.latest.length).toBe(LATEST_EVENTS);
    expect(topic.latest[0]?.event.post.id).toBe('119');
  });

  const START = Date.UTC(2026, 10, 20);
  const at = (seconds: number) => START + seconds * 1000;
  const receivedAt = (seconds: number) => ({
    ...event,
    receivedAt: new Date(at(seconds)).toISOString(),
  });
  /** The seconds after START whose counts are known, up to `now`. */
  function known(topic: Topic, now: number): number[] {
    topic.window.advance(at(now));
    const [times, values] = topic.window.curves(at(now));
    return times
      .slice(0, -1)
      .flatMap((time, i) => (values[i] === null ? [] : [time - START / 1000 - 1]));
  }

  test('that begins with what came before shows it at its time, and knows everything since', () => {
    const topic = new Topic('rain');
    topic.listen(true, at(0));
    for (const seconds of [-400, -4, -2]) topic.hear(receivedAt(seconds), at(0.1));
    expect(topic.latest.map((heard) => heard.at)).toEqual([at(-2), at(-4), at(-400)]);
    expect(topic.window.totals).toEqual([0, 2, 0]);
    expect(known(topic, 2)).toHaveLength(WINDOW_SECONDS);

    const hot = new Topic('rain');
    hot.listen(true, at(0));
    for (const seconds of [-3, -2]) hot.hear(receivedAt(seconds), at(0.1));
    expect(known(hot, 2)).toEqual([-3, -2, -1, 0, 1]);
  });

  function resumed(notice: 'recovered' | 'gap'): Topic {
    const topic = new Topic('rain');
    topic.listen(true, at(0));
    topic.hear(receivedAt(2), at(2));
    topic.listen(false, at(4));
    topic.listen(true, at(10));
    topic.hear(receivedAt(7), at(10.1), notice);
    topic.hear(receivedAt(8), at(10.1));
    // On its way for two seconds, but after the time of catching up.
    topic.hear(receivedAt(9), at(16));
    return topic;
  }

  test('that resumes without loss has no gap', () => {
    const topic = resumed('recovered');
    expect(known(topic, 17)).toEqual(Array.from({ length: 17 }, (_, second) => second));
    expect(topic.gapBefore).toBeUndefined();
    expect(topic.latest.map((heard) => heard.at)).toEqual([at(16), at(8), at(7), at(2)]);
  });

  test('that lacks events shows since when and until when', () => {
    const topic = resumed('gap');
    expect(known(topic, 17)).toEqual([0, 1, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
    expect(topic.gapBefore).toBe(at(7));
  });

  test('shows a gap in a connection that did not break', () => {
    const topic = new Topic('rain');
    topic.listen(true, at(0));
    topic.hear(receivedAt(2), at(2));
    topic.hear(receivedAt(5), at(5), 'gap');
    expect(known(topic, 7)).toEqual([0, 1, 5, 6]);
  });

  test('says what is missing, and forgets a gap that the picture does not go back to', () => {
    const missing = { dropped: 2, gapBefore: at(3), rejectedBy: [] };
    const dropped = '2 events dropped, because this connection was too slow.';
    const gap = `Posts may be missing before ${clockTime(at(3), at(4))}.`;
    expect(describeMissing(missing, at(0), at(4))).toBe(`${dropped} ${gap}`);
    expect(describeMissing(missing, at(3), at(4))).toBe(dropped);
    const x = { source: 'x', reason: 'It is full.' };
    expect(describeMissing({ ...missing, rejectedBy: [x] }, at(3), at(4))).toBe(
      `X does not follow this topic: It is full. ${dropped}`,
    );
    expect(describeMissing(new Topic('rain'), at(0), at(4))).toBe('');
  });

  test('does not know what was said while the source was out, but what was said before', () => {
    const topic = new Topic('rain');
    const second = (n: number) => Date.UTC(2026, 10, 20) + n * 1000;
    topic.listen(true, second(0));
    topic.hear({ ...event, receivedAt: new Date(second(3)).toISOString() }, second(3));
    topic.doubt(second(1), second(8));
    topic.listen(false, second(8));
    topic.listen(true, second(12));
    topic.window.advance(second(14));
    const [, , negative] = topic.window.curves(second(14));
    expect(negative.map((value) => value !== null)).toEqual([
      ...Array(4).fill(true),
      ...Array(8).fill(false),
      ...Array(3).fill(true),
    ]);
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
  const now = Date.parse(until);

  test.each([
    [{ name: 'connecting' } as const, undefined, 'Connecting…'],
    [{ name: 'lost', heardAt: now } as const, source, 'Connection lost. Reconnecting…'],
    [open, source, 'Live: made-up posts (the sample)'],
    [open, { ...source, name: 'x' }, 'Live: posts from X'],
    [open, { ...source, name: 'bluesky', state: 'connecting' }, 'Connecting to Bluesky…'],
    [
      open,
      { name: 'x', state: 'waiting', reason: 'it asked for fewer requests.', until },
      `Waiting for X: it asked for fewer requests. Next try at ${clockTime(until, now)}`,
    ],
    [
      open,
      { name: 'replay', state: 'paused', reason: 'the file has ended', until: null },
      'Paused: the file has ended',
    ],
    [
      { name: 'open', recovered: now } as const,
      source,
      `Live: made-up posts (the sample). Reconnected at ${clockTime(until, now)}`,
    ],
    [
      { name: 'open', isSlow: true } as const,
      source,
      'Live: made-up posts (the sample). This server takes few messages, so some of the page comes late',
    ],
  ])('%j and %j', (connection, status, text) => {
    expect(say(connection, status && [status], true, now).text).toBe(text);
  });

  test('tells of each source, and of those that are alike together', () => {
    const x = { name: 'x', state: 'live', reason: null, until: null };
    const bluesky = { ...x, name: 'bluesky' };
    const replay = { ...x, name: 'replay', state: 'paused', reason: 'the file has ended' };
    expect(say(open, [bluesky, x], true, now)).toEqual({
      tone: 'live',
      text: 'Live: posts from Bluesky and posts from X',
    });
    expect(say(open, [bluesky, { ...x, state: 'connecting' }, replay], true, now)).toEqual({
      tone: 'live',
      text: 'Live: posts from Bluesky · Connecting to X… · Paused (replay): the file has ended',
    });
    expect(say(open, [bluesky, { ...x, state: 'idle' }], true, now).text).toBe(
      'Live: posts from Bluesky · Ready: posts from X',
    );
    expect(
      say(open, [replay, { ...x, state: 'waiting', reason: 'it is full' }], true, now),
    ).toEqual({
      tone: 'waiting',
      text: 'Paused (replay): the file has ended · Waiting for X: it is full',
    });
  });

  test('a balance has its sign', () => {
    expect([5, -5, 0, undefined].map(signed)).toEqual(['+5', '−5', '0', '–']);
  });
});

test('a chart is drawn when a pixel moves, at most 15 times a second', () => {
  expect(timeToMove(300, 600, 'calm')).toBe(500);
  expect(timeToMove(60, 4000, 'calm')).toBeCloseTo(1000 / 15);
  expect(timeToMove(300, 600, 'gliding')).toBeCloseTo(1000 / 15);
  expect(timeToMove(300, 600, 'still')).toBe(2000);
  // Out of sight, only what the charts would show goes on.
  expect(timeToMove(300, 0, 'gliding')).toBe(2000);
});

test('numbers change with the charts, or in even steps between them', () => {
  const parts = [0, 200, 1099, 2000, 2999, 3000, 5100, 13_000].map((rest) => evenPart(rest));
  expect(parts).toEqual([0, 200, 1099, 2000, 2999, 1500, 1700, 13_000 / 7]);
});

describe('the scale of the charts', () => {
  const picture = (positive: number, partial: readonly Cell[] = []): Picture => ({
    curves: [[0], [positive], [null], [0]],
    unknown: [],
    partial,
    totals: [0, 0, 0],
    since: 0,
    at: () => undefined,
    isWhole: true,
  });

  test('takes round numbers', () => {
    const fit = (most: number) => new SharedScale().fit([picture(most)], 300, 10_000, true).above;
    expect([0, 1, 1.2, 2.1, 5, 9, 11, 170].map(fit)).toEqual([1, 1, 2, 3, 6, 10, 20, 200]);
  });

  test('has room for cells that lack posts', () => {
    const cell = { from: 0, to: 60, counts: [3, 20, 1], isKnown: false } as const;
    const fitting = new SharedScale().fit([picture(1, [cell])], 300, 10_000, true);
    expect([fitting.above, fitting.below]).toEqual([3, 20]);
  });

  test('goes to a new height within a second or so, and at once where nothing may move', () => {
    const pictures = [picture(7.5)];
    expect(new SharedScale().fit(pictures, 300, 10_000, true)).toEqual({
      above: 8,
      below: 1,
      back: 60,
    });
    const gliding = new SharedScale();
    let last = gliding.fit([picture(1)], 300, 1000, false).above;
    expect(last).toBe(1);
    for (let frame = 1; frame < 120; frame++) {
      const { above } = gliding.fit(pictures, 300, 1000 + frame * 16, false);
      expect(above).toBeGreaterThanOrEqual(last);
      last = above;
    }
    expect(last).toBe(8);
    // The server has told the time, and it is earlier.
    const { above } = gliding.fit([picture(4)], 300, -3_600_000, false);
    expect(above).toBeGreaterThan(4);
    expect(above).toBeLessThan(8);
    // Another range begins with its own heights.
    expect(gliding.fit([picture(400)], 3600, 3000, false).above).toBe(400);
  });
});
