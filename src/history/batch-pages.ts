// How much room a batch takes in a SQLite database.

import { BUCKETS } from '../stream/history.ts';
import type { MinuteBatch } from './store.ts';

export const PAGE_BYTES = 4096;
/** More than a row takes without its names, and a hashtag without its own. */
const ROW_BYTES = 50;
/** At most, in UTF-8. Pages are half full at worst, but most characters take one byte. */
const BYTES_OF_CHARACTER = 3;
/** Each table may have to begin a page. */
const SPARE_PAGES = 32;
/** Each batch adds to a bucket of every size. */
const SIZES = Object.keys(BUCKETS).length;

/** More pages than a batch takes. */
export function pagesOf({ counts, complete }: MinuteBatch): number {
  let bytes = 0;
  for (const { topic, hashtags } of counts) {
    const names = hashtags.reduce((sum, [tag]) => sum + tag.length, 0);
    bytes += SIZES * (ROW_BYTES + names + hashtags.length * ROW_BYTES) + topic.length;
  }
  for (const topic of complete) bytes += ROW_BYTES + topic.length;
  return SPARE_PAGES + Math.ceil((BYTES_OF_CHARACTER * bytes) / PAGE_BYTES);
}
