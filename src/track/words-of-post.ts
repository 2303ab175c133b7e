// The words of a post: those of its text, and of what its source states beside the text.

import { cutText, MAX_TEXT, type Post } from '../base/post.ts';
import { addressWords } from './address.ts';
import { fold } from './fold.ts';
import { hashtagOf } from './hashtag.ts';
import { TextWords } from './text-words.ts';
import { BORDER, plain, type Word } from './word.ts';
import { foldText, words } from './words.ts';

/** The most folded characters that are read beside the text, in UTF-16 code units. A list entry counts as one more. */
const MAX_BESIDE = MAX_TEXT;

/** Most hashtags, which need no reading. */
const ONE_WORD = /^[a-z_][a-z\d_]*$/;

/** The words of the text, the stated hashtags, the links and what is attached. No phrase crosses from one to another. */
export function wordsOf(post: Pick<Post, 'text' | 'tags' | 'links' | 'attached'>): Word[] {
  const { text } = post;
  if (post.tags.length + post.links.length + post.attached.length === 0) return words(text);
  const read = reader(MAX_BESIDE);
  const tags = read(post.tags, fold);
  const several = tags.filter((tag) => !ONE_WORD.test(tag)).map(hashtagOf);
  const stated = new Set(several.filter(isOfSeveralWords));
  const found = new TextWords(foldText(text), stated).all();
  for (const tag of tags) pushTag(tag, found);
  for (const link of read(post.links, fold)) push(addressWords(link), found);
  for (const attached of read(post.attached, foldText)) push(new TextWords(attached).all(), found);
  return found;
}

/** Folds lists of texts, and cuts them so that all of them together have no more than `most` characters. */
function reader(most: number) {
  let left = most;
  return (texts: readonly string[], foldOne: (text: string) => string): string[] => {
    const kept: string[] = [];
    for (const text of texts) {
      if (left <= 0) break;
      // Folding turns one character into up to 18.
      const cut = cutText(foldOne(cutText(text, left)), left);
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
