// What X states beside the text of a post: its hashtags, and where its t.co addresses lead.
// https://docs.x.com/x-api/fundamentals/data-dictionary

import type { Post } from '../../base/post.ts';
import { forText, isLink, readLinks, readTags } from '../post-fields.ts';
import { asRecord } from './failure.ts';

/** A text of 25,000 characters rarely has more addresses or hashtags. */
const MAX_STATED = 256;
/** Each may make the text up to 18,000 characters longer. */
const MAX_REPLACED = 256;
/** Addresses in the text, with the characters around them. X always shortens them, and their case counts. */
const SHORT = /([\p{L}\p{N}]?)(https?:\/\/t\.co\/[A-Za-z0-9]+)(?=([\p{L}\p{N}]?))/gu;
/** The page of a post, or of its media. */
const PAGE =
  /^https?:\/\/(?:www\.)?(?:twitter|x)\.com\/(?:i\/web|\w+)\/status\/(?<id>\d+)(?:\/(?:photo|video)\/\d+)?$/i;

/**
 * Reads `entities`, as X states them for the text and for the whole text of a long post. The text gets each address at
 * the end of its redirects. The links also have it as the author wrote it, because X sends the post for both. An address
 * of the post itself, such as that of its own photo, is left out. `ids` are those of the post and its earlier versions.
 */
export function readEntities(
  text: string,
  entities: readonly unknown[],
  ids: ReadonlySet<string>,
): Pick<Post, 'text' | 'tags' | 'links'> {
  const stated = entities.map(asRecord);
  const addresses = new Map<unknown, string>();
  const links: string[] = [];
  for (const { url, expanded_url, unwound_url } of stated.flatMap(({ urls }) => listed(urls))) {
    const found = [unwound_url, expanded_url].filter(isLink);
    if (found.length === 0) continue;
    const others = found.filter((address) => !isOwn(address, ids));
    addresses.set(url, forText(others[0] ?? ''));
    links.push(...others);
  }
  const hashtags = stated.flatMap((it) => listed(it.hashtags));
  return {
    text: lengthen(text, addresses),
    tags: readTags(hashtags.map(({ tag }) => tag)),
    links: readLinks(links),
  };
}

function lengthen(text: string, addresses: ReadonlyMap<unknown, string>): string {
  if (addresses.size === 0) return text;
  let left = MAX_REPLACED;
  return text.replace(SHORT, (whole: string, before: string, short: string, after: string) => {
    const address = addresses.get(short);
    if (address === undefined || left === 0) return whole;
    left -= 1;
    // A full address may have any letters in it, so letters next to it would become part of it.
    return `${before}${before && ' '}${address}${after && ' '}`;
  });
}

function isOwn(address: string, ids: ReadonlySet<string>): boolean {
  const id = PAGE.exec(address)?.groups?.id;
  return id !== undefined && ids.has(id);
}

function listed(list: unknown): ReturnType<typeof asRecord>[] {
  return Array.isArray(list) ? list.slice(0, MAX_STATED).map(asRecord) : [];
}
