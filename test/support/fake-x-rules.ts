// X's rule language, as far as Senti speaks it: a rule's text into a question about a post. Where the
// documentation leaves it open, the answer is the one that delivers less.
// https://docs.x.com/x-api/posts/filtered-stream/integrate/operators

/** What the stand-in knows of a post. */
export interface RulePost {
  readonly text: string;
  readonly lang?: string | undefined;
  readonly isRetweet: boolean;
  /** X reads it too. */
  readonly quotedText?: string | undefined;
  /** The t.co address of each link, and what it leads to. */
  readonly urls?: readonly string[] | undefined;
}

export type Rule = (post: RulePost) => boolean;

/** A sentence on what is wrong with a rule. */
export class RuleError extends Error {}

const TOKEN = /\s*(?:(\()|(\))|(OR)(?![^\s()])|(-?(?:url:)?)"([^"]*)"|(-)(?=\()|([^\s()"]+))/suy;
const WORD = '[\\p{L}\\p{M}\\p{N}_]';

interface Node {
  readonly test: Rule;
  /** It can stand without others. */
  readonly standalone: boolean;
}

export function parseRule(value: string): Rule {
  const tokens = tokenize(value);
  let at = 0;

  function parseOr(): Node {
    const nodes = [parseAnd()];
    while (tokens[at] === 'OR') {
      at += 1;
      nodes.push(parseAnd());
    }
    return {
      test: (post) => nodes.some(({ test }) => test(post)),
      standalone: nodes.every(({ standalone }) => standalone),
    };
  }

  function parseAnd(): Node {
    const nodes: Node[] = [];
    for (let token = tokens[at]; token !== undefined && token !== ')' && token !== 'OR'; ) {
      at += 1;
      if (token === '(') {
        nodes.push(parseOr());
        if (tokens[at] !== ')') throw new RuleError('a parenthesis is not closed');
        at += 1;
      } else {
        nodes.push(parseOperator(token));
      }
      token = tokens[at];
    }
    if (nodes.length === 0) throw new RuleError('an operand is missing');
    return {
      test: (post) => nodes.every(({ test }) => test(post)),
      standalone: nodes.some(({ standalone }) => standalone),
    };
  }

  const rule = parseOr();
  if (at < tokens.length) throw new RuleError('a parenthesis too many');
  if (!rule.standalone) throw new RuleError('a rule needs an operator that can stand alone');
  return rule.test;
}

function tokenize(value: string): string[] {
  const tokens: string[] = [];
  const scan = new RegExp(TOKEN);
  while (scan.lastIndex < value.trimEnd().length) {
    const found = scan.exec(value);
    if (found === null) throw new RuleError('a quotation mark is not closed');
    const [whole, , , , before, quoted, group] = found;
    if (group !== undefined) throw new RuleError('only a single operator can be negated');
    tokens.push(quoted === undefined ? whole.trim() : `${before}"${quoted}`);
  }
  return tokens;
}

function parseOperator(token: string): Node {
  if (token.startsWith('-')) {
    const { test } = parseOperator(token.slice(1));
    return { test: (post) => !test(post), standalone: false };
  }
  const rest = token.slice(1);
  if (token.startsWith('"')) return keyword(rest);
  if (token.startsWith('#')) return entity('#', rest, /^(?!\p{Nd}+$)[\p{L}\p{M}\p{Nd}_]+$/u);
  if (token.startsWith('@')) return entity('@', rest, /^[A-Za-z0-9_]{1,15}$/);
  if (token.startsWith('$')) return entity('$', rest, /^[A-Za-z]{1,6}$/);
  if (token.startsWith('url:')) return url(token.slice('url:'.length));
  if (token === 'is:retweet') return { test: ({ isRetweet }) => isRetweet, standalone: false };
  if (token.startsWith('lang:')) {
    const lang = token.slice('lang:'.length);
    return { test: (post) => (post.lang ?? 'und') === lang, standalone: false };
  }
  if (token.includes(':')) throw new RuleError(`"${token}" is no operator of this stand-in`);
  if (VARIANT.test(token)) throw new RuleError('an emoji with a variant needs quotation marks');
  return keyword(token);
}

// What X makes an entity of; another sign before a word is punctuation.
const HASHTAG = '#(?!\\p{Nd}+(?![\\p{L}\\p{M}_]))[\\p{L}\\p{M}\\p{Nd}_]+';
const MENTION = '@[a-z0-9_]{1,15}';
const CASHTAG = '\\$[a-z]{1,6}';
const ENTITIES = new RegExp(`(?<!${WORD})(${HASHTAG}|${MENTION}|${CASHTAG})(?!${WORD})`, 'gu');

/** Variation selectors and skin tones. */
const VARIANT = /[\ufe0e\ufe0f\u{1f3fb}-\u{1f3ff}]/u;
const EMOJI = /[\p{Extended_Pictographic}\p{Regional_Indicator}]/u;
/** What would make an emoji another one: a joiner, a variant, or the first letter of a flag. */
const WITHIN_EMOJI =
  '(?:\\u200d|(?:^|\\P{Regional_Indicator})(?:\\p{Regional_Indicator}{2})*\\p{Regional_Indicator})';
const MORE_OF_EMOJI = '[\\u200d\\ufe0e\\ufe0f\\u{1f3fb}-\\u{1f3ff}]';
/** X does not document the words of these scripts, and no rule could ask for all of them: a run is found anywhere. */
const UNSPACED =
  /[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]/u;

/** Not in hashtags and their like, and with the very punctuation it is written with. */
function keyword(words: string): Node {
  if (!/[\p{L}\p{N}]/u.test(words) && !EMOJI.test(words)) throw new RuleError('a keyword is empty');
  const search = searchFor(words);
  return { test: inTexts(search, (text) => text.replace(ENTITIES, '\0')), standalone: true };
}

/** A tokenized match on any address of the post. */
function url(value: string): Node {
  const words = value.replace(/^"/, '');
  if (!/[\p{L}\p{N}]/u.test(words)) throw new RuleError('an address is empty');
  if (!value.startsWith('"') && /[^\p{L}\p{M}\p{N}_]/u.test(value)) {
    throw new RuleError(`url:${value} needs quotation marks`);
  }
  const search = searchFor(words);
  return {
    test: ({ urls = [] }) => urls.some((it) => search.test(it.toLowerCase())),
    standalone: true,
  };
}

function entity(sigil: string, name: string, form: RegExp): Node {
  if (!form.test(name)) throw new RuleError(`"${sigil}${name}" cannot be a ${sigil} operator`);
  const search = between(WORD, sigil + name, WORD);
  return { test: inTexts(search, (text) => text), standalone: true };
}

/** Case does not count, diacritics do. */
function inTexts(search: RegExp, prepare: (text: string) => string): Rule {
  return ({ text, quotedText = '' }) =>
    [text, quotedText].some((it) => search.test(prepare(it.toLowerCase())));
}

function searchFor(words: string): RegExp {
  const characters = [...words];
  const before = borderAt(characters[0], WITHIN_EMOJI);
  return between(before, words, borderAt(characters.at(-1), MORE_OF_EMOJI));
}

/** Finds `words` where neither of the others stands next to them. */
function between(before: string, words: string, after: string): RegExp {
  return new RegExp(`(?<!${before})${literal(words.toLowerCase())}(?!${after})`, 'u');
}

function borderAt(character: string | undefined, ofEmoji: string): string {
  if (character === undefined || UNSPACED.test(character)) return '(?!)';
  return EMOJI.test(character) || VARIANT.test(character) ? ofEmoji : WORD;
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
