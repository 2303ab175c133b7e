// The extra posts of the sample: a few a minute on each wanted track that its usual posts seldom match. They are neutral,
// unless a word of the track carries sentiment.

import type { Post } from '../base/post.ts';
import { spellAddress } from '../track/address.ts';
import { Matcher } from '../track/matcher.ts';
import { spellWords, type Term } from '../track/query-term.ts';
import type { Clause, Track } from '../track/track.ts';
import type { Word } from '../track/word.ts';
import { words } from '../track/words.ts';
import { wordsOf } from '../track/words-of-post.ts';
import { type Random, TOPICS, write } from './sample-text.ts';
import type { Tracks } from './source.ts';

type Extra = Pick<Post, 'text' | 'tags' | 'links' | 'attached'>;

/** From one extra post on a track to the next, in milliseconds: four a minute. */
const PERIOD = { shortest: 12_000, longest: 18_000 };
/** All tracks together get one extra post in so many milliseconds: three a second. */
const LOOK_EVERY = 333;
/** Beyond so many wanted tracks there are no extra posts, because each look reads all tracks. */
const MOST_TRACKS = 10_000;

/** Words that many usual posts have: the names of the topics, and their hashtags. */
const USUAL: ReadonlySet<Word> = new Set(
  TOPICS.flatMap(({ names, hashtags }) => [
    ...words(names.join(', ')),
    ...hashtags.flatMap((tag) => [tag, `#${tag}`]),
  ]),
);

/** What may stand between the terms of a clause. The later ones are for clauses that exclude the earlier ones. */
const JOINTS = [' and ', ' 💬 ', ' 📝 '];
/** After so many sentences in vain, a post has only the terms. A clause may exclude a word of every sentence. */
const MOST_TRIES = 16;

export class Extras {
  readonly #random: Random;
  /** When a track gets its next post, by the monotonic clock. */
  readonly #due = new WeakMap<Track, number>();
  #lookAt = -Infinity;

  constructor(random: Random) {
    this.#random = random;
  }

  /**
   * A post that is due at `now`, if any. The newest track without an extra post comes first, so that a new track need not
   * wait for thousands of others. Then comes the one that has waited longest.
   */
  next(wanted: Tracks, now: number): Extra | undefined {
    if (now < this.#lookAt || wanted.size > MOST_TRACKS) return undefined;
    this.#lookAt = now + LOOK_EVERY;
    let chosen: Track | undefined;
    let earliest = now;
    for (const track of wanted) {
      const due = this.#due.get(track) ?? this.#meet(track);
      if (due > earliest) continue;
      earliest = due;
      chosen = track;
    }
    if (chosen === undefined) return undefined;
    const extra = writeAbout(chosen, this.#random);
    const { shortest, longest } = PERIOD;
    const wait = shortest + this.#random() * (longest - shortest);
    this.#due.set(chosen, extra === undefined ? Infinity : now + wait);
    return extra;
  }

  #meet(track: Track): number {
    const due = track.clauses.some(isUsual) ? Infinity : -Infinity;
    this.#due.set(track, due);
    return due;
  }
}

/** Whether the usual posts often match a clause. It may be false for some that they do match. */
function isUsual({ all, none }: Clause): boolean {
  const [[word = '', ...others] = [], ...terms] = all;
  return USUAL.has(word) && others.length + terms.length + none.length === 0;
}

/** A post that matches a random clause of the track; undefined if no clause can match, as in `tea -tea`. */
function writeAbout(track: Track, random: Random): Extra | undefined {
  const matcher = new Matcher<true>();
  matcher.add(track, true);
  const first = Math.floor(random() * track.clauses.length);
  const clauses = [...track.clauses.slice(first), ...track.clauses.slice(0, first)];
  for (const clause of clauses) {
    for (const extra of drafts(clause, random)) {
      if (matcher.match(wordsOf(extra)).length > 0) return extra;
    }
  }
  return undefined;
}

function* drafts({ all }: Clause, random: Random): Generator<Extra> {
  const terms = all.map(inPost);
  const tags = all.flat().flatMap((word) => (word.startsWith('#') ? [word.slice(1)] : []));
  const links = terms.filter((_, i) => isAddress(all[i]));
  const name = terms.join(JOINTS[0]);
  const topic = { names: [name], hashtags: [], positive: [], negative: [], neutral: [] };
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const { text, tags: more } = write(topic, 'neutral', random);
    yield { text, tags: [...tags, ...more], links, attached: [] };
  }
  for (const joint of JOINTS) yield { text: terms.join(joint), tags, links, attached: [] };
}

/** A term as a person would write it in a post. */
function inPost(term: Term): string {
  return isAddress(term) ? `https://${spellAddress(term).replace(/^\/\//, '')}` : spellWords(term);
}

function isAddress(term: Term | undefined): boolean {
  return term?.[0]?.startsWith('/') === true;
}
