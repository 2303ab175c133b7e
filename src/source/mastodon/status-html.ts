// The HTML of a status as text. Mastodon lets these elements and classes through:
// https://docs.joinmastodon.org/spec/activitypub/#sanitization

import { Parser } from 'htmlparser2';
import { MAX_TEXT } from '../../base/post.ts';
import { forText, isLink, isShortFor } from '../post-fields.ts';

interface StatusText {
  /** With the addresses in full. */
  readonly text: string;
  /** With the addresses as readers see them. */
  readonly shown: string;
  /** Where its links lead, other than to hashtags and people. */
  readonly links: readonly string[];
}

/** Reads no further than this, in characters. Tags and addresses take several times the room of the text. */
export const MAX_HTML = 4 * MAX_TEXT;
/** Reads up to the first element that is nested deeper. The parser's time grows with the depth. */
export const MAX_DEPTH = 64;

/** These begin and end a word. */
const BLOCKS = new Set(
  'p br div blockquote pre ul ol li dl dt dd h1 h2 h3 h4 h5 h6 hr table tr th td'.split(' '),
);
/** These have no text for readers, or only its pronunciation. */
const LEFT_OUT = new Set('script style template title textarea iframe rp rt'.split(' '));
const STARTS_WITH_LETTER = /^[\p{L}\p{N}]/u;
const ENDS_WITH_LETTER = /[\p{L}\p{N}]$/u;

interface Link {
  readonly href: string | undefined;
  /** Whether it leads to a hashtag or a person. */
  readonly isName: boolean;
  isShortened: boolean;
  /** The text of the link, with the parts that readers don't see and without them. */
  whole: string;
  visible: string;
}

/** What an open element does to the text in it. */
type Effect = 'none' | 'invisible' | 'left out' | 'link';

type Attributes = Readonly<Record<string, string>>;

export function readHtml(html: string): StatusText {
  const reading = new Reading();
  const parser: Parser = new Parser({
    onopentag(name, attributes) {
      // Paused for good: the rest is not read.
      if (reading.depth === MAX_DEPTH) parser.pause();
      else reading.open(name, attributes);
    },
    ontext: (text) => reading.add(text),
    onclosetag: (name) => reading.close(name),
  });
  parser.end(html.slice(0, MAX_HTML));
  return reading.end();
}

class Reading {
  #text = '';
  #shown = '';
  readonly #links: string[] = [];
  readonly #effects: Effect[] = [];
  #invisible = 0;
  #leftOut = 0;
  #link: Link | undefined;
  /** The text ends with an address, which letters behind it would make longer. */
  #endsWithAddress = false;

  get depth(): number {
    return this.#effects.length;
  }

  open(name: string, attributes: Attributes): void {
    if (BLOCKS.has(name)) this.add(' ');
    const classes = (attributes.class ?? '').split(' ');
    const effect = this.#effectOf(name, classes);
    this.#effects.push(effect);
    if (effect === 'invisible') this.#invisible += 1;
    if (effect === 'left out') this.#leftOut += 1;
    if (effect === 'link') this.#link = linkOf(attributes, classes);
    if (this.#link !== undefined && classes.includes('ellipsis')) this.#link.isShortened = true;
  }

  add(text: string): void {
    if (this.#leftOut > 0) return;
    if (this.#link !== undefined) {
      this.#link.whole += text;
      if (this.#invisible === 0) this.#link.visible += text;
    } else if (this.#invisible === 0) {
      this.#push(text, text);
    }
  }

  close(name: string): void {
    const effect = this.#effects.pop();
    if (effect === 'invisible') this.#invisible -= 1;
    if (effect === 'left out') this.#leftOut -= 1;
    if (effect === 'link') this.#endLink();
    if (BLOCKS.has(name)) this.add(' ');
  }

  end(): StatusText {
    this.#endLink();
    return { text: this.#text, shown: this.#shown, links: this.#links };
  }

  #effectOf(name: string, classes: readonly string[]): Effect {
    // Servers that know quotes hide the address of the quoted post.
    if (LEFT_OUT.has(name) || classes.includes('quote-inline')) return 'left out';
    if (classes.includes('invisible')) return 'invisible';
    return name === 'a' && this.#link === undefined && this.#leftOut === 0 ? 'link' : 'none';
  }

  #endLink(): void {
    if (this.#link === undefined) return;
    const { href, isName, isShortened, whole, visible } = this.#link;
    this.#link = undefined;
    if (isName || /^\s*[#＃@]/.test(whole) || !isLink(href)) {
      this.#push(visible, visible);
      return;
    }
    this.#links.push(href);
    if (!isShortFor(whole.trim(), href)) {
      this.#push(visible, visible);
      return;
    }
    if (ENDS_WITH_LETTER.test(this.#text)) this.#text += ' ';
    this.#push(forText(href), isShortened ? `${visible}…` : visible);
    this.#endsWithAddress = true;
  }

  #push(text: string, shown: string): void {
    if (text === '') return;
    if (this.#endsWithAddress && STARTS_WITH_LETTER.test(text)) this.#text += ' ';
    this.#endsWithAddress = false;
    this.#text += text;
    this.#shown += shown;
  }
}

function linkOf({ href, rel = '' }: Attributes, classes: readonly string[]): Link {
  const isName =
    classes.includes('mention') || classes.includes('hashtag') || rel.split(' ').includes('tag');
  return { href, isName, isShortened: false, whole: '', visible: '' };
}

export function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
