// Reads a record of the lexicon app.bsky.feed.post: https://docs.bsky.app/docs/advanced-guides/posts

import { type Fields, isCount, isRecord } from '../../base/json.ts';
import { readLanguages } from '../../base/language.ts';
import type { Post } from '../../base/post.ts';
import {
  BOUNDS,
  forText,
  head,
  isLink,
  isShortFor,
  readAttached,
  readLinks,
  readTags,
} from '../post-fields.ts';

type Content = Pick<Post, 'text' | 'asSent' | 'tags' | 'links' | 'attached' | 'langs'>;

/** A tag, link or mention, and the bytes of the text that it covers. */
interface Facet {
  readonly start: unknown;
  readonly end: unknown;
  readonly features: readonly Fields[];
}

const TAG = 'app.bsky.richtext.facet#tag';
const LINK = 'app.bsky.richtext.facet#link';

/** The lexicon allows three. */
const MAX_LANGS = 8;
/** A text of 300 characters has room for no more. */
const MAX_FACETS = 256;
/** Several features on the same words are rare. */
const MAX_FEATURES = 4;
/** The lexicon allows eight. */
const MAX_TAGS_OF_RECORD = 64;
/** The lexicon allows four images, and a gallery a few more. */
const MAX_IMAGES = 32;

/** A shown address is never longer, since a character takes up to three bytes. */
const MAX_SHOWN_BYTES = 4 * BOUNDS.links.length;

/** Leaves out whatever is invalid beside the text: a post is not bad for it. */
export function readPostRecord(text: string, record: Fields): Content {
  const facets = readFacets(record.facets);
  const media = readMedia(record.embed);
  const external = isRecord(media.external) ? media.external : {};
  const images = [media.images, media.items].flatMap((list) => head(list, MAX_IMAGES));
  const tagged = facets.flatMap((facet) => valuesOf(facet, TAG, 'tag'));
  const linked = facets.flatMap((facet) => valuesOf(facet, LINK, 'uri'));
  const restored = restoreAddresses(text, facets);
  return {
    text: restored,
    asSent: restored === text ? undefined : text,
    tags: readTags([...tagged, ...head(record.tags, MAX_TAGS_OF_RECORD)]),
    links: readLinks([...linked, external.uri]),
    attached: readAttached([external.title, ...images.map(readAlt), media.alt]),
    langs: readLanguages(head(record.langs, MAX_LANGS).filter((tag) => typeof tag === 'string')),
  };
}

function readFacets(facets: unknown): Facet[] {
  return head(facets, MAX_FACETS)
    .filter(isRecord)
    .map(({ index, features }) => {
      const { byteStart: start, byteEnd: end } = isRecord(index) ? index : {};
      return { start, end, features: head(features, MAX_FEATURES).filter(isRecord) };
    });
}

/** The values of one kind of features. */
function valuesOf({ features }: Facet, type: string, name: 'tag' | 'uri'): unknown[] {
  return features.filter(({ $type }) => $type === type).map((feature) => feature[name]);
}

/** What the post shows below its text: a link's card, images or a video, perhaps above a post that it quotes. */
function readMedia(embed: unknown): Fields {
  if (!isRecord(embed)) return {};
  return isRecord(embed.media) ? embed.media : embed;
}

function readAlt(image: unknown): unknown {
  return isRecord(image) ? image.alt : undefined;
}

/**
 * Puts the full address in the place of each one that the text shortens. Words that are linked stay. Of addresses that
 * overlap, the first one counts.
 */
function restoreAddresses(text: string, facets: readonly Facet[]): string {
  const links = facets.flatMap((facet) => {
    const { start, end } = facet;
    const uri = valuesOf(facet, LINK, 'uri').find(isLink);
    return uri !== undefined && isCount(start) && isCount(end) ? [{ start, end, uri }] : [];
  });
  if (links.length === 0) return text;
  const bytes = Buffer.from(text);
  const parts: string[] = [];
  let done = 0;
  for (const { start, end, uri } of links.sort((a, b) => a.start - b.start)) {
    const isRange =
      done <= start &&
      start < end &&
      end - start <= MAX_SHOWN_BYTES &&
      isBoundary(bytes, start) &&
      isBoundary(bytes, end);
    if (isRange && isShortFor(bytes.toString('utf8', start, end), uri)) {
      parts.push(bytes.toString('utf8', done, start), forText(uri));
      done = end;
    }
  }
  return done === 0 ? text : parts.join('') + bytes.toString('utf8', done);
}

/** Whether a character of UTF-8 begins or the text ends at `at`. */
function isBoundary(bytes: Uint8Array, at: number): boolean {
  return at <= bytes.length && ((bytes[at] ?? 0) & 0xc0) !== 0x80;
}
