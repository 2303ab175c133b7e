// Post: one public message, in the shape that every source yields and everything downstream reads.

/** What clients and other nodes learn about a post. */
export interface PublicPost {
  /** Unique within its source. */
  readonly id: string;
  /** The name of the source it came from, such as `x` or `replay`. */
  readonly source: string;
  /** The beginning of the text; null where the source or the operator forbids passing it on. */
  readonly text: string | null;
  /** BCP 47 tags in canonical form, the main one first; empty when the post names no language. */
  readonly langs: readonly string[];
  readonly createdAt?: Date | undefined;
  readonly url?: string | undefined;
}

/** Identifies a post. */
export type PostKey = Pick<PublicPost, 'source' | 'id'>;

export function spellKey({ source, id }: PostKey): string {
  return `${source} ${id}`;
}

/** Reads what `spellKey` has spelled. */
export function readKey(key: string): PostKey {
  const [source = '', ...id] = key.split(' ');
  return { source, id: id.join(' ') };
}

export interface Post extends PublicPost {
  /** As the source sent it, HTML entities and all, but with its addresses in full. */
  readonly text: string;
  /** The text with its addresses as the source sent them; undefined if that is `text`. */
  readonly asSent?: string | undefined;
  /** The hashtags that the source states, without `#`. The text may lack them. */
  readonly tags: readonly string[];
  /** The web addresses that the post leads to, in full. The text may lack or shorten them. */
  readonly links: readonly string[];
  /** Texts beside the post's own, such as the title of a link's card. They are matched, but not scored. */
  readonly attached: readonly string[];
}

/** `post` for clients, with the first MAX_PUBLIC_TEXT characters of its text if they may have it. */
export function publicPost(
  { id, source, text, langs, createdAt, url }: Post,
  isTextPublic: boolean,
): PublicPost {
  return { id, source, text: isTextPublic ? headOf(text) : null, langs, createdAt, url };
}

/** Returns a copy, because a slice would keep the whole text in memory for as long as the event. */
function headOf(text: string): string {
  if (text.length <= MAX_PUBLIC_TEXT) return text;
  return JSON.parse(JSON.stringify(cutText(text, MAX_PUBLIC_TEXT)));
}

/** The most characters of a text that clients get, in UTF-16 code units. */
export const MAX_PUBLIC_TEXT = 3000;
/** The most characters of a text that are read, in UTF-16 code units. X's longest post has as many. */
export const MAX_TEXT = 25_000;
/** Code points above this take two code units. */
const LAST_SINGLE_UNIT = 0xffff;

/** The first `most` characters of `text`, or one fewer where that would split a surrogate pair. */
export function cutText(text: string, most = MAX_TEXT): string {
  if (text.length <= most) return text;
  const splitsPair = (text.codePointAt(most - 1) ?? 0) > LAST_SINGLE_UNIT;
  return text.slice(0, splitsPair ? most - 1 : most);
}
