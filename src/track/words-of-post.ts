// The words of a post: those of its text, and of what its source states beside the text.

import { cutText, MAX_TEXT, type Post } from '../base/post.ts';
import { addressWords } from './address.ts';
import { fold } from './fold.ts';
import { hashtagOf } from './hashtag.ts';
import { TextWords } from './text-words.ts';
import { BORDER, plain, type Word } from './word.ts';
import { foldText, words } from './words.ts';

/** The most characters that are read beside the text, in UTF-16 code units. A list entry counts as one more. */
const MAX_BESIDE = MAX_TEXT;

/** Most hashtags, which need no reading. */
const ONE_WORD = /^[a-z_][a-z\d_]*$/;

/** The words of the text, the stated hashtags, the links and what is attached. No phrase crosses from one to another. */
export function wordsOf(post: Pick<Post, 'text' | 'tags' | 'links' | 'attached'>): Word[] {
  const { text } = post;
  if (post.tags.length + post.links.length + post.attached.length === 0) return words(text);
  const cut = cutter(MAX_BESIDE);
  const tags = cut(post.tags).map((tag) => fold(tag));
  const several = tags.filter((tag) => !ONE_WORD.test(tag)).map(hashtagOf);
  const stated = new Set(several.filter(isOfSeveralWords));
  const found = new TextWords(foldText(text), stated).all();
  for (const tag of tags) pushTag(tag, found);
  for (const link of cut(post.links)) push(addressWords(fold(link)), found);
  for (const attached of cut(post.attached)) push(words(attached), found);
  return found;
}

/** Cuts lists of texts so that all of them together have no more than `most` characters. */
function cutter(most: number): (texts: readonly string[]) => string[] {
  let left = most;
  return (texts) => {
    const kept: string[] = [];
    for (const text of texts) {
      if (left <= 0) break;
      const cut = cutText(text, left);
      kept.push(cut);
      left -= cut.length + 1;
    }
    return kept;
  };
}

function isOfSeveralWords(hashtag: Word | undefined): hashtag is Word {
  return hashtag !== undefined && /[-+#]/.test(hashtag.slice(1));
}

/** A hashtag of one word also matches its plain word; of any other, the plain words are added. */
function pushTag(tag: string, found: Word[]): void {
  if (ONE_WORD.test(tag)) {
    found.push(BORDER, `#${tag}`);
    return;
  }
  const hashtag = hashtagOf(tag);
  if (hashtag !== undefined) found.push(BORDER, hashtag);
  const plainWords = new TextWords(tag).all();
  const [first, ...others] = plainWords;
  const isOne = hashtag !== undefined && others.length === 0 && plain(hashtag) === first;
  if (!isOne) push(plainWords, found);
}

function push(more: readonly Word[], found: Word[]): void {
  found.push(BORDER);
  for (const word of more) found.push(word);
}
