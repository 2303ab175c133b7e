// Sample: made-up posts on everyday topics, and a few on whatever else is tracked, so that Senti can be tried without a
// key or a network.

import type { Clock } from '../base/clock.ts';
import type { Post } from '../base/post.ts';
import { createPlayer, type Rate } from './player.ts';
import { Extras } from './sample-extras.ts';
import { type Mood, pick, type Random, seeded, TOPICS, write } from './sample-text.ts';
import type { Source, SourceSink, Tracks } from './source.ts';

interface SampleOptions {
  /** Equal seeds make equal posts, except for their dates and the extra posts. */
  readonly seed: number;
  readonly rate?: Rate | undefined;
}

/** The default, in posts a second. */
export const SAMPLE_RATE = 25;
/** How long a topic's mood takes from one high to the next. */
const MOOD_PERIOD_SECONDS = { shortest: 150, longest: 420 };
/** The share of neutral posts, whatever the mood. */
const NEUTRAL_SHARE = 0.25;
/** At least this many usual posts stand between two extra ones. */
const USUAL_BETWEEN_EXTRAS = 3;

const NONE: Tracks = new Set();

export function createSample(options: SampleOptions, sink: SourceSink, clock: Clock): Source {
  const { seed, rate = SAMPLE_RATE } = options;
  const playlist = {
    name: 'sample',
    rate,
    leadIn: 0,
    open: (_: AbortSignal, wanted: () => Tracks) => samplePosts(seed, clock, rate, wanted),
    ended: 'the sample never ends',
  };
  return createPlayer(playlist, sink, clock);
}

/**
 * Never ends. Moods drift with time at `rate`; at `max`, as they do at the default rate. Extra posts take the place of
 * usual ones, so that the rate holds.
 */
export function* samplePosts(
  seed: number,
  clock: Clock,
  rate?: Rate,
  wanted: () => Tracks = () => NONE,
): Generator<Post> {
  const postsASecond = typeof rate === 'number' ? rate : SAMPLE_RATE;
  const random = seeded(seed);
  const topics = TOPICS.map((topic) => ({ topic, moodAt: createTide(random) }));
  const extras = new Extras(seeded(~seed));
  let sinceExtra = USUAL_BETWEEN_EXTRAS;

  function usual(n: number): Pick<Post, 'text' | 'tags'> {
    const { topic, moodAt } = pick(topics, random);
    return write(topic, pickMood(moodAt(n / postsASecond), random), random);
  }

  for (let n = 0; ; n++) {
    const mayBeExtra = sinceExtra >= USUAL_BETWEEN_EXTRAS;
    const extra = mayBeExtra ? extras.next(wanted(), clock.monotonic()) : undefined;
    sinceExtra = extra === undefined ? sinceExtra + 1 : 0;
    yield {
      id: `sample-${seed}-${n}`,
      source: 'sample',
      links: [],
      attached: [],
      ...(extra ?? usual(n)),
      langs: ['en'],
      createdAt: new Date(clock.now()),
    };
  }
}

/** A topic's mood, from -1 to 1, at a time in seconds. */
function createTide(random: Random): (seconds: number) => number {
  const { shortest, longest } = MOOD_PERIOD_SECONDS;
  const period = shortest + random() * (longest - shortest);
  const phase = random() * 2 * Math.PI;
  return (seconds) => Math.sin((seconds / period) * 2 * Math.PI + phase);
}

function pickMood(tide: number, random: Random): Mood {
  if (random() < NEUTRAL_SHARE) return 'neutral';
  return random() < 0.5 + 0.45 * tide ? 'positive' : 'negative';
}
