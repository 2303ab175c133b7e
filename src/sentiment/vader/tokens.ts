// A text's words and emoticons: SentiText in the reference, in one pass that makes no strings.

import type { Replacement } from '../replacement.ts';
import * as characters from './characters.ts';
import { describeEmoji } from './emoji.ts';
import { pointAt, widthAt } from './utf8.ts';
import * as vocabulary from './vocabulary.ts';

// V8 rereads an import at every use, but a constant of the module only once. In the loops below, which take most of a
// text's time, local constants save a third.
const { kinds, LOWER, NOT_ASCII, PUNCTUATION, SPACE, UPPER } = characters;
const { CONTRACTED_NOT, EMPTY_HASH, extendHash, find, findUnhashed, RATED, traits, UNKNOWN } =
  vocabulary;

/** So many ABSENT tokens come before the first one, and two UNKNOWN after the last, because the rules look that far. */
export const LEAD = 3;
const TAIL = 2;

/** A token stripped to this many characters or fewer was likely an emoticon, and is kept whole. */
const EMOTICON_LENGTH = 2;

/** Texts of up to this many code units share one set of buffers; a longer one's are its own. */
const SHARED_LENGTH = 8192;
const MAX_BYTES_PER_UNIT = 3;

/** What ends a run of letters and digits. */
const PAUSE = SPACE | PUNCTUATION | NOT_ASCII;
const BLANK = 0x20;
const APOSTROPHE = 0x27;
const EXCLAMATION_MARK = 0x21;
const QUESTION_MARK = 0x3f;
const SMALL_N = 0x6e;
const SMALL_T = 0x74;
/** The one character outside ASCII that lower-cases to a letter of a word in the lexicon: a k. */
const KELVIN_SIGN = '\u212a';
const BUT = vocabulary.idOf('but');

export class Tokens {
  /** By position, the first token at LEAD: its word, and 1 if it is in capitals. */
  readonly words: Uint16Array;
  readonly capitals: Uint8Array;
  /** The positions of rated words, and where the bytes of each start and end. */
  readonly rated: Uint32Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** The text in UTF-8, which is faster to walk than a string, and a blank. */
  readonly bytes: Buffer;
  count = 0;
  capitalCount = 0;
  ratedCount = 0;
  /** The first "but"'s position; 0 is no token's. */
  but = 0;
  exclamationMarks = 0;
  questionMarks = 0;

  constructor(textLength: number) {
    const most = Math.ceil(textLength / 2);
    this.words = new Uint16Array(LEAD + most + TAIL).fill(vocabulary.ABSENT, 0, LEAD);
    this.capitals = new Uint8Array(LEAD + most);
    this.rated = new Uint32Array(most);
    this.starts = new Uint32Array(most);
    this.ends = new Uint32Array(most);
    this.bytes = Buffer.allocUnsafeSlow(textLength * MAX_BYTES_PER_UNIT + 1);
  }
}

const shared = new Tokens(SHARED_LENGTH);

/** What this returns is good until the next call. `replaced` gets the emoji that are read as words. */
export function tokenize(text: string, replaced?: Replacement[]): Tokens {
  let tokens = tokensFor(text);
  let end = tokens.bytes.write(text);
  if (end !== text.length) {
    // There are characters beyond ASCII, which take more bytes than code units.
    const described = describeEmoji(text.replaceAll(KELVIN_SIGN, 'K'), replaced);
    tokens = tokensFor(described);
    end = tokens.bytes.write(described);
  }
  tokens.bytes[end] = BLANK;
  readTokens(tokens, end);
  return tokens;
}

function tokensFor(text: string): Tokens {
  return text.length <= SHARED_LENGTH ? shared : new Tokens(text.length);
}

function readTokens(tokens: Tokens, end: number): void {
  const { bytes, words } = tokens;
  tokens.count = 0;
  tokens.capitalCount = 0;
  tokens.ratedCount = 0;
  tokens.but = 0;
  tokens.exclamationMarks = 0;
  tokens.questionMarks = 0;
  let at = 0;
  while (at < end) {
    if (kindAt(bytes, at) & SPACE) at += widthAt(bytes, at);
    else at = readToken(tokens, at);
  }
  const behind = LEAD + tokens.count;
  words[behind] = UNKNOWN;
  words[behind + 1] = UNKNOWN;
}

function kindAt(bytes: Buffer, at: number): number {
  const kind = kinds[bytes[at] ?? BLANK] ?? SPACE;
  return kind & NOT_ASCII ? characters.kindBeyondAscii(pointAt(bytes, at)) : kind;
}

/** Adds the token that starts at `start`, and returns where it ends. */
function readToken(tokens: Tokens, start: number): number {
  const { bytes } = tokens;
  let seen = 0;
  let contractedNot = false;
  // The token without the punctuation around it: its first byte, its end, its hash.
  let bareStart = -1;
  let bareEnd = -1;
  let bareHash = EMPTY_HASH;
  let hash = EMPTY_HASH;
  let runStart = start;
  let at = start;
  for (;;) {
    const byte = bytes[at] ?? BLANK;
    const kind = kinds[byte] ?? SPACE;
    if ((kind & PAUSE) === 0) {
      seen |= kind;
      hash = extendHash(hash, byte | (kind & UPPER));
      at++;
      continue;
    }
    if (at > runStart) {
      if (bareStart < 0) bareStart = runStart;
      bareEnd = at;
      bareHash = hash;
    }
    if (kind & SPACE) break;
    if (kind & NOT_ASCII) {
      const actual = characters.kindBeyondAscii(pointAt(bytes, at));
      if (actual & SPACE) break;
      seen |= actual;
      at += widthAt(bytes, at);
    } else {
      if (bareStart >= 0) hash = extendHash(hash, byte);
      if (byte === EXCLAMATION_MARK) tokens.exclamationMarks++;
      else if (byte === QUESTION_MARK) tokens.questionMarks++;
      else if (byte === APOSTROPHE && isInNot(bytes, at)) contractedNot = true;
      at++;
    }
    runStart = at;
  }

  // No word of the vocabulary has a character outside ASCII.
  let word = UNKNOWN;
  const isBare = bareEnd - bareStart > EMOTICON_LENGTH || (bareStart === start && bareEnd === at);
  if ((seen & NOT_ASCII) === 0) {
    word = isBare ? find(bytes, bareStart, bareEnd, bareHash) : findUnhashed(bytes, start, at);
  }
  if (word === UNKNOWN && contractedNot) word = CONTRACTED_NOT;

  const position = LEAD + tokens.count++;
  tokens.words[position] = word;
  if (((traits[word] ?? 0) & RATED) !== 0) {
    const index = tokens.ratedCount++;
    tokens.rated[index] = position;
    tokens.starts[index] = isBare ? bareStart : start;
    tokens.ends[index] = isBare ? bareEnd : at;
  } else if (word === BUT && tokens.but === 0) tokens.but = position;
  const inCapitals = (seen & (UPPER | LOWER)) === UPPER ? 1 : 0;
  tokens.capitals[position] = inCapitals;
  tokens.capitalCount += inCapitals;
  return at;
}

/** Is the apostrophe at `at` that of "n't"? */
function isInNot(bytes: Buffer, at: number): boolean {
  return ((bytes[at - 1] ?? 0) | UPPER) === SMALL_N && ((bytes[at + 1] ?? 0) | UPPER) === SMALL_T;
}
