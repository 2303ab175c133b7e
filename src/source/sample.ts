// Sample: made-up posts on everyday topics, so that Senti can be tried without a key or a network.

import type { Clock } from '../base/clock.ts';
import type { Post } from '../base/post.ts';
import { createPlayer, type Rate } from './player.ts';
import PHRASES from './sample-phrases.json' with { type: 'json' };
import type { Source, SourceSink } from './source.ts';

type Topic = (typeof PHRASES.topics)[number];
type Mood = keyof typeof PHRASES.phrases;

export interface SampleOptions {
  /** Equal seeds make equal posts, except for their dates. */
  readonly seed: number;
  readonly rate?: Rate | undefined;
}

/** The default, in posts a second. */
export const SAMPLE_RATE = 25;
/** How long a topic's mood takes from one high to the next. */
const MOOD_PERIOD_SECONDS = { shortest: 150, longest: 420 };
/** The share of neutral posts, whatever the mood. */
const NEUTRAL_SHARE = 0.25;

export function createSample(options: SampleOptions, sink: SourceSink, clock: Clock): Source {
  const { seed, rate = SAMPLE_RATE } = options;
  const playlist = {
    name: 'sample',
    rate,
    leadIn: 0,
    open: () => samplePosts(seed, clock, rate),
    ended: 'the sample never ends',
  };
  return createPlayer(playlist, sink, clock);
}

/** Never ends. Moods drift with time at `rate`; at `max`, as they do at the default rate. */
export function* samplePosts(seed: number, clock: Clock, rate?: Rate): Generator<Post> {
  const postsASecond = typeof rate === 'number' ? rate : SAMPLE_RATE;
  const random = seeded(seed);
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  const topics = PHRASES.topics.map((topic) => ({ topic, moodAt: createTide(random) }));

  for (let n = 0; ; n++) {
    const { topic, moodAt } = pick(topics);
    const mood = pickMood(moodAt(n / postsASecond), random);
    yield {
      id: `sample-${seed}-${n}`,
      source: 'sample',
      ...write(topic, mood, random, pick),
      links: [],
      attached: [],
      langs: ['en'],
      createdAt: new Date(clock.now()),
    };
  }
}

/** A topic's mood, from -1 to 1, at a time in seconds. */
function createTide(random: () => number): (seconds: number) => number {
  const { shortest, longest } = MOOD_PERIOD_SECONDS;
  const period = shortest + random() * (longest - shortest);
  const phase = random() * 2 * Math.PI;
  return (seconds) => Math.sin((seconds / period) * 2 * Math.PI + phase);
}

function pickMood(tide: number, random: () => number): Mood {
  if (random() < NEUTRAL_SHARE) return 'neutral';
  return random() < 0.5 + 0.45 * tide ? 'positive' : 'negative';
}

function write(
  topic: Topic,
  mood: Mood,
  random: () => number,
  pick: <T>(choices: readonly T[]) => T,
): Pick<Post, 'text' | 'tags'> {
  const phrase = pick([...PHRASES.phrases[mood], ...topic[mood]]);
  const name = pick(topic.names);
  const sentence = phrase.replaceAll('{}', phrase.startsWith('{}') ? capitalized(name) : name);
  const tail = random() < 0.35 ? ` ${pick(PHRASES.tails[mood])}` : '';
  const tags: string[] = topic.hashtags.filter(() => random() < 0.3);
  if (random() < 0.12) tags.push(pick(PHRASES.moodTags[mood]));
  return { text: [sentence + tail, ...tags].join(' #'), tags };
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** Marsaglia's 32-bit xorshift ("Xorshift RNGs", 2003), scaled to numbers from 0 up to 1. */
function seeded(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
