// What a post may carry beside its text, within bounds, and the web addresses that a text holds.

import { SPACELESS_LETTER } from '../base/letters.ts';
import { cutText } from '../base/post.ts';
import { isWebAddress } from '../base/web-address.ts';

/** How many of each a post keeps, and how long each may be, in UTF-16 code units. Bluesky allows 640 for a tag. */
export const BOUNDS = {
  tags: { most: 64, length: 640 },
  links: { most: 32, length: 2048 },
  attached: { most: 32, length: 2048 },
} as const;

/** Ends before the punctuation that often follows an address in a sentence. */
const LINK = /https?:\/\/[^\s<>"]*[^\s<>"'’”.,:;!?)\]}…]/giu;
/** Signs and letters at which the matcher or the scorer ends an address in a text. */
const ENDS_OF_ADDRESS = new RegExp(
  `(?:[\\s"()<>[\\]\`{|}\\p{C}\\p{Pi}\\p{Pf}\\p{Ps}\\p{Pe}]|${SPACELESS_LETTER})+`,
  'gu',
);
const LEADING_HASHES = /^[#＃]+/;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}/;
/** How clients end the address that they have shortened. */
const ELLIPSIS = /(?:\.{3}|…)$/;
/**
 * The oldest date that is believed of a new post. A phone may have been offline for an evening. Anything
 * older is a broken clock or an imported archive, and counts as made when it arrived.
 */
const MAX_CLAIMED_AGE_MS = 6 * 60 * 60 * 1000;

/** Without `#` and without repeats. What is no tag, or is too long for one, is left out. */
export function readTags(values: readonly unknown[]): string[] {
  const { most, length } = BOUNDS.tags;
  const tags = values
    .filter((value) => typeof value === 'string')
    .map((tag) => tag.trim().replace(LEADING_HASHES, '').trim())
    .filter((tag) => tag !== '' && tag.length <= length);
  return [...new Set(tags)].slice(0, most);
}

/** The http and https addresses, without repeats. A cut address would lead elsewhere, so long ones are left out. */
export function readLinks(values: Iterable<unknown>): string[] {
  const links = new Set<string>();
  for (const value of values) {
    if (isLink(value)) links.add(value);
    if (links.size === BOUNDS.links.most) break;
  }
  return [...links];
}

/** The texts that say something. Long ones are cut. */
export function readAttached(values: readonly unknown[]): string[] {
  const { most, length } = BOUNDS.attached;
  return values
    .filter((value) => typeof value === 'string')
    .filter((text) => text.trim() !== '')
    .slice(0, most)
    .map((text) => cutText(text, length));
}

/** An address for a text, in which none of its words can be taken for a word of the text. */
export function forText(address: string): string {
  return address.replace(ENDS_OF_ADDRESS, (characters) =>
    encodeURIComponent(characters.toWellFormed()).replaceAll('(', '%28').replaceAll(')', '%29'),
  );
}

export function isLink(value: unknown): value is string {
  return typeof value === 'string' && value.length <= BOUNDS.links.length && isWebAddress(value);
}

/** The addresses that stand in `text`. */
export function linksIn(text: string): string[] {
  return readLinks(text.match(LINK) ?? []);
}

/** Whether `shown` is the beginning of the address `uri`, with its whole host: "example.com/some-lo…". */
export function isShortFor(shown: string, uri: string): boolean {
  const address = withoutScheme(uri);
  const [host = ''] = address.split(/[/?#]/, 1);
  const beginning = withoutScheme(shown.replace(ELLIPSIS, ''));
  return host.includes('.') && beginning.startsWith(host) && address.startsWith(beginning);
}

/** In lower case, as hosts are compared. */
function withoutScheme(address: string): string {
  return address
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/^www\./, '');
}

/** A date of ISO 8601 with a year of four digits, as clients expect it. `Date` also takes "12" and the year 275760. */
export function isDate(value: unknown): value is string {
  const ms = typeof value === 'string' && ISO_DATE.test(value) ? Date.parse(value) : Number.NaN;
  return !Number.isNaN(ms) && ISO_DATE.test(new Date(ms).toISOString());
}

/** The author's claim if it is credible, else the time at which the post arrived, in milliseconds since 1970. */
export function readCreatedAt(claim: unknown, arrived: number): Date {
  const claimed = typeof claim === 'string' ? Date.parse(claim) : Number.NaN;
  const credible = claimed <= arrived && claimed >= arrived - MAX_CLAIMED_AGE_MS;
  return new Date(credible ? claimed : arrived);
}

/** The first items of a list; none of anything else. */
export function head(list: unknown, most: number): unknown[] {
  return Array.isArray(list) ? list.slice(0, most) : [];
}
