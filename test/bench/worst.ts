// npm run bench -- worst: the longest that one post can keep the event loop, by the worst posts and tracks we know.

import { MAX_TEXT } from '../../src/base/post.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import { Matcher } from '../../src/track/matcher.ts';
import { parseTrack, type Track } from '../../src/track/track.ts';
import { words } from '../../src/track/words.ts';
import { seeded } from '../support/seeded.ts';
import { matchesPartsSlowly, readSlowly } from '../support/slow-matcher.ts';
import { cpuNanoseconds, table } from './measure.ts';

const TRACKS = 10_000;
/** Asking every track takes minutes, so it is measured on a few and scaled up. */
const ASKED = 10;
const ROUNDS = 7;
const SEED = 1;

const full = createAnalyzer('full', vader);
const original = createAnalyzer('original', vader);
const random = seeded(SEED);
/** Ideographs: each is a word of one character. */
const IDEOGRAPHS = Array.from({ length: 12_400 }, (_, i) => String.fromCharCode(0x4e00 + i));

export async function run(): Promise<void> {
  const texts = Object.entries(TEXTS).map(([text, part]) => measureText(text, filled(part)));
  process.stdout.write(
    `One post of ${MAX_TEXT.toLocaleString('en')} characters, ms of CPU\n\n${table(texts)}\n`,
  );
  const tracks = SHAPES.map(measureShape);
  process.stdout.write(
    `One such post against ${TRACKS.toLocaleString('en')} tracks, ms of CPU\n\n${table(tracks)}\n`,
  );
  process.stdout.write(`${JSON.stringify({ bench: 'worst', texts, tracks })}\n`);
}

const code = (i: number) => i.toString(36).padStart(3, 'z');

const TEXTS: Readonly<Record<string, (i: number) => string>> = {
  'one word': () => 'good ',
  'exclamation marks': () => '!',
  'good but': () => 'good but ',
  emoji: () => '😀',
  'marks in the wrong order': () => '\u0301\u0323',
  'marks with joiners between': () => '\u0301\u200d\u0323\u200d',
  'a character that folds to 18': () => '\ufdfa',
  hashtags: (i) => `#${code(i)}`,
  entities: () => '&amp;',
  'a link of dots': (i) => (i === 0 ? 'http://' : '.'),
  'links that differ at their ends': (i) => `http://.aaaaaaaa${code(i)} `,
  'links of many dots': (i) => `http://${'.'.repeat(90)}${code(i)} `,
  'mentions that differ at their ends': (i) => `@aa${code(i)}`,
  'nothing but @': () => '@',
  addresses: () => 'a.b ',
  'an address of 12,500 words': () => 'a.',
  'links of few characters': () => 'www.a.b ',
  'hashtags with signs': (i) => `#a-${code(i)}++ `,
  'a hashtag of 12,500 words': (i) => (i === 0 ? '#a' : '-a'),
  'a word of plus signs': (i) => (i === 0 ? '#a' : '+'),
  ideographs: (i) => IDEOGRAPHS[i % IDEOGRAPHS.length] ?? '',
  'ideographs with gaps': (i) => `${IDEOGRAPHS[i % IDEOGRAPHS.length]} `,
};

function measureText(text: string, post: string) {
  return {
    text,
    words: fastest(() => words(post)),
    full: fastest(() => full(post)),
    original: fastest(() => original(post)),
  };
}

interface Shape {
  readonly name: string;
  readonly post: string;
  readonly query: (i: number) => string;
}

const some = (count: number, of: readonly string[], between = ' ') =>
  Array.from({ length: count }, () => of[Math.floor(random() * of.length)]).join(between);
const all = (part: (i: number) => string, count: number) =>
  Array.from({ length: count }, (_, i) => part(i)).join(',');

const SHAPES: readonly Shape[] = [
  {
    name: 'phrases that nearly stand everywhere',
    post: `y ${filled(() => 'z ')}`,
    query: (i) =>
      `"${'z '.repeat(i % 60)}y${' z'.repeat(1 + ((i / 60) % 60))} y${' z'.repeat(i % 5)}"`,
  },
  {
    name: 'phrases of two words in any order',
    post: some(MAX_TEXT / 2, ['a', 'b']),
    query: () => `"${some(127, ['a', 'b'])}"`,
  },
  {
    name: 'phrases with a sigil on some words',
    post: `#y ${filled(() => `${'#z'.repeat(14)} z `)}`,
    query: () => `"${'z '.repeat(40)}${some(50, ['z', '#z'])} #y"`,
  },
  {
    name: 'addresses that nearly stand everywhere',
    post: `y ${filled(() => 'z.')}`,
    query: (i) => `${'z.'.repeat(i % 60)}y.${'z.'.repeat(1 + ((i / 60) % 60))}z`,
  },
  {
    name: 'runs of two ideographs in any order',
    post: some(MAX_TEXT, IDEOGRAPHS.slice(0, 2), ''),
    query: () => some(120, IDEOGRAPHS.slice(0, 2), ''),
  },
  {
    name: '16 clauses of 8 words',
    post: IDEOGRAPHS.join(' '),
    query: () => all(() => some(8, IDEOGRAPHS), 16),
  },
  {
    name: '16 clauses of 8 words of 64',
    post: IDEOGRAPHS.join(' '),
    query: () => all(() => some(8, IDEOGRAPHS.slice(0, 64)), 16),
  },
  {
    name: '16 clauses that an exclusion spoils',
    post: IDEOGRAPHS.join(' '),
    query: () => all(() => `${some(5, IDEOGRAPHS)} -${some(1, IDEOGRAPHS)}`, 16),
  },
  {
    name: '16 clauses that each lack one word',
    post: IDEOGRAPHS.join(' '),
    query: () => all(() => `${some(5, IDEOGRAPHS)} x`, 16),
  },
];

function measureShape({ name, post, query }: Shape) {
  const matcher = new Matcher<Track>();
  for (let i = 0; matcher.size < TRACKS && i < 2 * TRACKS; i++) {
    const track = parseTrack(query(i));
    if (track instanceof Error) throw track;
    matcher.add(track, track);
  }
  const text = words(post.slice(0, MAX_TEXT));
  let matches = 0;
  const match = fastest(() => {
    matches = matcher.match(text).length;
  });
  const asked = Array.from({ length: ASKED }, (_, i) => parseTrack(query(i)) as Track);
  const parts = readSlowly(post.slice(0, MAX_TEXT));
  const loop = cpuNanoseconds(() => {
    for (const track of asked) matchesPartsSlowly(track, parts);
  });
  const everyTrack = rounded(((loop / 1e6) * matcher.size) / ASKED);
  return { tracks: name, active: matcher.size, matches, match, 'every track asked': everyTrack };
}

function filled(part: (i: number) => string): string {
  let text = '';
  for (let i = 0; text.length < MAX_TEXT; i++) text += part(i);
  return text.slice(0, MAX_TEXT);
}

/** In ms. The minimum, because other work of the machine can only add. */
function fastest(work: () => unknown): number {
  return rounded(Math.min(...Array.from({ length: ROUNDS }, () => cpuNanoseconds(work) / 1e6)));
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
