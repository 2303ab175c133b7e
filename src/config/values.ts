// The kinds of values that options take: each reads a text, or says what it should have been.

import { accessSync, constants, statSync } from 'node:fs';
import { isIP } from 'node:net';
import type { JSONWebKeySet } from 'jose';
import { MOST_KEY_SET_BYTES, readKeySet } from '../base/key-set.ts';
import { FileProblem, MOST_FILE_BYTES, readSmallFile } from '../base/small-file.ts';

export interface Option<T> {
  /** None for a secret: a command line is read by everybody on the machine. */
  readonly flag?: string;
  readonly env: string;
  /** What stands for the value in the help; none for a switch. */
  readonly value?: string;
  readonly fallback: T;
  readonly help: string;
  parse(text: string): T | Problem;
}

/** What is wrong with a value: completes the sentence "it has to be …". */
export class Problem {
  readonly expected: string;

  constructor(expected: string) {
    this.expected = expected;
  }
}

export function oneOf<const T extends string>(choices: readonly T[], text: string): T | Problem {
  return choices.find((choice) => choice === text) ?? new Problem(`one of ${choices.join(', ')}`);
}

/** The items of a comma list. */
export function list(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

export function readableFile(path: string): string | Problem {
  try {
    accessSync(path, constants.R_OK);
    return statSync(path).isFile() ? path : new Problem('a file, not a folder, pipe or device');
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) {
      return new Problem(`a file that can be read (${error.message})`);
    }
    throw error;
  }
}

/** A file that is read whole, and later again. */
export function smallFile(path: string): string | Problem {
  const read = readSmallFile(path, MOST_FILE_BYTES);
  return read instanceof FileProblem ? new Problem(read.expected) : path;
}

/** The JSON Web Key Set in a file. */
export function keySet(path: string): JSONWebKeySet | Problem {
  const read = readSmallFile(path, MOST_KEY_SET_BYTES);
  if (read instanceof FileProblem) return new Problem(read.expected);
  const keys = readKeySet(read);
  return typeof keys === 'string' ? new Problem(keys) : keys;
}

/** An address for everybody to read: a user or password in it would show in the log. */
export function webAddress(text: string): URL | Problem {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && url.username === '' && url.password === ''
    ? url
    : new Problem('an address that begins with https://, without user or password');
}

export function wholeNumber(text: string, from: number, to: number): number | Problem {
  const value = Number(text);
  const valid = /^\d{1,15}$/.test(text) && value >= from && value <= to;
  return valid ? value : new Problem(`a whole number from ${from} to ${to}`);
}

export function trueOrFalse(text: string): boolean | Problem {
  if (/^(true|1|yes|on)$/i.test(text)) return true;
  return /^(false|0|no|off)$/i.test(text) ? false : new Problem('true or false');
}

export function isSocketAddress(url: string): boolean {
  return /^wss?:\/\//i.test(url) && URL.canParse(url) && !url.includes('#');
}

/** A language by BCP 47, in lower case; `any` is none. */
export function isLanguage(tag: string): boolean {
  return /^[a-z]{2,3}(-[a-z0-9]+)*$/.test(tag) && tag !== 'any';
}

/** An IP address, or a network of them as in `10.0.0.0/8`. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const most = isIP(address) === 4 ? 32 : 128;
  const valid = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  return isIP(address) !== 0 && valid && rest.length === 0;
}
