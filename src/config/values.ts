// The kinds of values that options take. Each reads a text, or says what the text must be.

import { accessSync, constants, statSync } from 'node:fs';
import { isIP } from 'node:net';
import type { JSONWebKeySet } from 'jose';
import { MAX_KEY_SET_BYTES, readKeySet } from '../base/key-set.ts';
import { type Languages, readLanguage, readLanguages } from '../base/language.ts';
import { cutText } from '../base/post.ts';
import {
  FileProblem,
  isSystemError,
  MAX_FILE_BYTES,
  NOT_A_FILE,
  readSmallFile,
} from '../base/small-file.ts';
import { UserError } from '../base/user-error.ts';
import { isConfidential } from '../base/web-address.ts';
import { parseTrackAt, type Track } from '../track/track.ts';

export interface Kind<T> {
  /** Stands for the value on the help page. Empty for a switch, which needs no value. */
  readonly label: string;
  parse(text: string): T | Invalid;
}

/** Joins the values of an option that is given several times. */
export const SEPARATOR = '\n';

/** A value that an option cannot take. */
export class Invalid {
  /** Completes the sentence "It must be …". */
  readonly expected: string;
  /** The part of the value that is wrong, if that is known. */
  readonly part: string | undefined;

  constructor(expected: string, part?: string) {
    this.expected = expected;
    this.part = part;
  }
}

/** The most characters of a value that a mistake quotes. */
const QUOTED_CHARACTERS = 200;
/** In characters. A shorter token can be guessed. */
const SHORTEST_TOKEN = 8;
/** The syntax after `Bearer` (RFC 6750, section 2.1). */
export const BEARER_TOKEN = new RegExp(`^(?=.{${SHORTEST_TOKEN}})[\\w.~+/-]+=*$`);
export const BEARER_TOKENS = `each of at least ${SHORTEST_TOKEN} characters out of A-Z a-z 0-9 - . _ ~ + /`;

/** `read` returns undefined for a text that is not as expected. */
export function kind<T>(
  label: string,
  expected: string,
  read: (text: string) => T | Invalid | undefined,
): Kind<T> {
  return { label, parse: (text) => read(text) ?? new Invalid(expected) };
}

export function explainInvalid(
  name: string,
  text: string,
  { expected }: Pick<Invalid, 'expected'>,
): string {
  const quoted = cutText(text, QUOTED_CHARACTERS);
  return `${name} is "${quoted}${quoted === text ? '' : '…'}". It must be ${expected}.`;
}

export const anyText: Kind<string> = { label: 'TEXT', parse: (text) => text };

export const onOrOff = kind('', 'true or false', (text) => {
  if (/^(true|1|yes|on)$/i.test(text)) return true;
  return /^(false|0|no|off)$/i.test(text) ? false : undefined;
});

export function wholeNumber(from: number, to: number, label = 'NUMBER'): Kind<number> {
  return kind(label, `a whole number from ${from} to ${to}`, (text) => {
    const value = Number(text);
    return /^\d{1,15}$/.test(text) && value >= from && value <= to ? value : undefined;
  });
}

const positive = kind('NUMBER', 'a number above 0', (text) => {
  const value = Number(text);
  return /^\d+(\.\d+)?$/.test(text) && value > 0 && Number.isFinite(value) ? value : undefined;
});

export const rate = orWord(positive, 'max', 'max');

const UNITS = { m: 60_000, h: 3_600_000, d: 24 * 3_600_000 };
const LONGEST = 3650 * UNITS.d;

/** A time, in milliseconds. */
export const duration = kind(
  'TIME',
  'a time such as 90m, 24h or 7d, of ten years at most',
  (text) => {
    const [, count, unit] = /^(\d{1,9})([mhd])$/.exec(text) ?? [];
    const ms = Number(count) * UNITS[unit as keyof typeof UNITS];
    return ms > 0 && ms <= LONGEST ? ms : undefined;
  },
);

/** Takes `word` as well, which stands for `value`. */
export function orWord<T, const W>({ label, parse }: Kind<T>, word: string, value: W): Kind<T | W> {
  return {
    label: `${label}|${word}`,
    parse(text) {
      if (text === word) return value;
      const parsed = parse(text);
      return parsed instanceof Invalid ? new Invalid(`${parsed.expected}, or ${word}`) : parsed;
    },
  };
}

export function oneOf<const T extends string>(choices: readonly T[]): Kind<T> {
  return kind('NAME', `one of ${choices.join(', ')}`, (text) =>
    choices.find((choice) => choice === text),
  );
}

/** A comma list of different choices. */
export function someOf<const T extends string>(choices: readonly T[]): Kind<readonly T[]> {
  const expected = `one of ${choices.join(', ')}, or a comma list of several different ones`;
  return kind('LIST', expected, (text) => {
    const names = splitList(text);
    const chosen = names.map((name) => choices.find((choice) => choice === name));
    const known = chosen.filter((choice) => choice !== undefined);
    return known.length === names.length && new Set(names).size === names.length
      ? known
      : undefined;
  });
}

export function matching(label: string, pattern: RegExp, expected: string): Kind<string> {
  return kind(label, expected, (text) => (pattern.test(text) ? text : undefined));
}

/** A comma list of at least `least` items. */
export function listOf(expected: string, isItem: (text: string) => boolean, least = 1) {
  return kind('LIST', `a list of ${expected}`, (text): readonly string[] | undefined => {
    const items = splitList(text).filter((item) => item !== '');
    return items.length >= least && items.every(isItem) ? items : undefined;
  });
}

export function splitList(text: string): string[] {
  return text.split(',').map((item) => item.trim());
}

export const origins = listOf(
  'origins, such as https://example.com',
  (text) => URL.parse(text)?.origin === text,
  0,
);

export const natsUrls = listOf(
  'nats:// or tls:// addresses, without user or password',
  (url) => /^(nats|tls):\/\/[^\s/@?#]+\/?$/.test(url) && URL.canParse(url),
);

export const networks = listOf('IP addresses or networks like 10.0.0.0/8', (text) => {
  const [address = '', bits, ...rest] = text.split('/');
  const most = isIP(address) === 4 ? 32 : 128;
  const isValid = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  return isIP(address) !== 0 && isValid && rest.length === 0;
});

const languageList = listOf(
  'language codes, such as en,de',
  (tag) => tag !== 'any' && readLanguage(tag) !== undefined,
);

/** Languages as BCP 47 tags in canonical form and lower case. */
export const languages: Kind<Languages> = orWord(
  {
    ...languageList,
    parse(text) {
      const tags = languageList.parse(text);
      return tags instanceof Invalid ? tags : readLanguages(tags).map((tag) => tag.toLowerCase());
    },
  },
  'any',
  'any',
);

/** An empty item is a mistake: it may come from a variable that was not set. */
export const bearerTokens = kind(
  'LIST',
  `a comma list of tokens, ${BEARER_TOKENS} (openssl rand -hex 32 makes one)`,
  (text) => {
    const tokens: readonly string[] = splitList(text);
    return tokens.every((token) => BEARER_TOKEN.test(token)) ? tokens : undefined;
  },
);

/** One query a line. Two spellings of one track count once. */
export const tracks = kind('QUERY', 'one query a line', (text): readonly Track[] | Invalid => {
  const read = new Map<string, Track>();
  for (const query of text.split(SEPARATOR)) {
    if (query.trim() === '') continue;
    const track = parseTrackAt(query);
    if (track instanceof UserError) {
      const reason = track.message.replace(/\.$/, '');
      return new Invalid(`a query that can be followed: ${reason}`, query);
    }
    read.set(track.canonical, track);
  }
  return [...read.values()];
});

/** A file of any size. */
export const readableFile = kind('PATH', NOT_A_FILE.expected, (path) => {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isFile() ? path : undefined;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return new Invalid(`a file that can be read (${error.message})`);
  }
});

/** A file that is read whole: now as a check, and again for its use. */
export const smallFile = fileOf(MAX_FILE_BYTES, (_bytes, path) => path);

/** A JSON Web Key Set: in a file, or the address that serves it. */
export const keySet = kind(
  'URL|FILE',
  'an address that begins with https://, or http:// for this machine, without user or password',
  (text): URL | JSONWebKeySet | Invalid | undefined => {
    if (!/^https?:/i.test(text)) return keySetFile.parse(text);
    const url = URL.parse(text);
    // A user or password would show in the log.
    if (url === null || url.username !== '' || url.password !== '') return undefined;
    // On the way over a network, anybody could replace the keys, and sign tokens of their own.
    return isConfidential(url) ? url : undefined;
  },
);

const keySetFile = fileOf(MAX_KEY_SET_BYTES, (bytes) => {
  const keys = readKeySet(bytes);
  return typeof keys === 'string' ? new Invalid(keys) : keys;
});

export function fileOf<T>(
  maxBytes: number,
  read: (bytes: Buffer, path: string) => T | Invalid,
): Kind<T> {
  return {
    label: 'PATH',
    parse(path) {
      const bytes = readSmallFile(path, maxBytes);
      return bytes instanceof FileProblem ? new Invalid(bytes.expected) : read(bytes, path);
    },
  };
}
