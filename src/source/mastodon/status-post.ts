// A status as a post: https://docs.joinmastodon.org/entities/Status/

import { type Fields, isRecord } from '../../base/json.ts';
import { readLanguages } from '../../base/language.ts';
import { MAX_TEXT, type Post } from '../../base/post.ts';
import { quote } from '../excerpt.ts';
import { head, isLink, readAttached, readCreatedAt, readLinks, readTags } from '../post-fields.ts';
import { onOneLine, readHtml } from './status-html.ts';

type StatusRead =
  | { readonly kind: 'post'; readonly id: string; readonly post: Post }
  /** A reblog, or a status that is not public. */
  | { readonly kind: 'other' }
  | { readonly kind: 'bad'; readonly reason: string };

/** The form of the ids that an instance gives. */
export const STATUS_ID = /^[\w-]{1,64}$/;
/** Nodes pass on no longer texts to each other. */
const MAX_ADDRESS = 1024;
const ADDRESS = /^[\x21-\x7e]+$/;
/** The most entries of each list that are read. */
const MAX_LISTED = 256;

/** `now` is in milliseconds since 1970. */
export function readStatus(status: Fields, now: number): StatusRead {
  const { id, uri, url, content, spoiler_text: warning, visibility, reblog } = status;
  if (typeof id !== 'string' || !STATUS_ID.test(id)) return bad(`"id" is no id: ${quote(id)}`);
  if (typeof visibility !== 'string') {
    return bad(`"visibility" is not a string: ${quote(visibility)}`);
  }
  if (isRecord(reblog) || visibility !== 'public') return { kind: 'other' };
  if (!isAddress(uri)) return bad(`"uri" is not an address: ${quote(uri)}`);
  if (typeof content !== 'string') return bad(`"content" is not a string: ${quote(content)}`);
  const { text: body, shown, links } = readHtml(content);
  const warned = (rest: string) =>
    onOneLine(`${typeof warning === 'string' ? warning : ''} ${rest}`);
  const text = warned(body);
  const card = isRecord(status.card) ? status.card : {};
  const post: Post = {
    // Every instance knows a status by this address.
    id: uri,
    source: 'mastodon',
    text,
    asSent: shown === body ? undefined : warned(shown),
    tags: readTags(listed(status.tags, 'name')),
    links: readLinks([...links, card.url]),
    attached: readAttached([
      card.title,
      ...listed(status.media_attachments, 'description'),
      ...listed(isRecord(status.poll) ? status.poll.options : [], 'title'),
      ...listed(status.mentions, 'username').flatMap((name) => mentionBeside(text, name)),
    ]),
    langs: readLanguages(typeof status.language === 'string' ? [status.language] : []),
    createdAt: readCreatedAt(status.created_at, now),
    url: [url, uri].find((address) => isAddress(address) && isLink(address)) as string | undefined,
  };
  return { kind: 'post', id, post };
}

/** The mention of a person whom the text does not show, as in replies from some servers. */
function mentionBeside(text: string, name: unknown): string[] {
  if (typeof name !== 'string' || !/^[\w.-]{1,64}$/.test(name)) return [];
  const mention = `@${name}`;
  return text.slice(0, MAX_TEXT).includes(mention) ? [] : [mention];
}

function listed(list: unknown, field: string): unknown[] {
  return head(list, MAX_LISTED)
    .filter(isRecord)
    .map((entry) => entry[field]);
}

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_ADDRESS && ADDRESS.test(value);
}

function bad(reason: string): StatusRead {
  return { kind: 'bad', reason };
}
