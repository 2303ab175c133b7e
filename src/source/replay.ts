// Replay: plays the posts of a file, one JSON object a line, as if they were published now.

import { open } from 'node:fs/promises';
import { getSystemErrorMessage } from 'node:util';
import type { Clock } from '../base/clock.ts';
import { isRecord } from '../base/json.ts';
import { readLanguages } from '../base/language.ts';
import type { Post } from '../base/post.ts';
import { isSystemError, NOT_A_FILE, READ_AT_ONCE } from '../base/small-file.ts';
import { isWebAddress } from '../base/web-address.ts';
import { type Line, lines } from './lines.ts';
import { createPlayer, type Rate } from './player.ts';
import { BOUNDS, isDate, linksIn, readAttached, readLinks, readTags } from './post-fields.ts';
import type { Source, SourceSink } from './source.ts';

export interface ReplayOptions {
  /** NDJSON of `{text, id?, lang?, createdAt?, url?, tags?, links?, attached?}`. It may have any size. */
  readonly file: string;
  /** REPLAY_RATE if undefined. */
  readonly rate: Rate | undefined;
  readonly loop: boolean;
}

/** The default, in posts a second. */
export const REPLAY_RATE = 50;
/** The longest post of X takes about 100 kB, with every character escaped. */
const MAX_LINE_BYTES = 256 * 1024;
/** Every event carries these, so their length has a limit. */
const SHORT_FIELDS = ['id', 'lang', 'createdAt', 'url'] as const;
/** In characters. */
const MAX_FIELD_LENGTH = 2048;
const LISTS = ['tags', 'links', 'attached'] as const;
/** Listeners that connect within this time all get the first post, in milliseconds. */
const LEAD_IN = 1000;

export function createReplay(options: ReplayOptions, sink: SourceSink, clock: Clock): Source {
  const { file, rate = REPLAY_RATE, loop } = options;

  async function* play(signal: AbortSignal): AsyncGenerator<Post> {
    let usable: boolean;
    /** Goes on when the file starts again, so that no two posts share an id. */
    let played = 0;
    do {
      usable = false;
      for await (const line of lines(await openChunks(file, signal), MAX_LINE_BYTES)) {
        if (signal.aborted) return;
        played += 1;
        const post = readLine(line, `line-${played}`);
        if (typeof post === 'string') {
          sink.bad(`${file}:${line.number}: ${post}`);
        } else if (post !== undefined) {
          usable = true;
          yield post;
        }
      }
      // A file without a post would spin, and a stream opened after the abort would keep its file open.
    } while (loop && usable && !signal.aborted);
  }

  const playlist = {
    name: 'replay',
    rate,
    leadIn: LEAD_IN,
    open: play,
    // Clients may read these reasons, so they do not name the file.
    ended: loop
      ? 'the file has no post that can be played'
      : 'the file was played to its end; with --loop it starts again',
    explain(error: unknown) {
      if (error instanceof NoFile) return error.message;
      if (!isSystemError(error)) return undefined;
      const what = error.errno === undefined ? error.code : getSystemErrorMessage(error.errno);
      return `the file cannot be read: ${what}`;
    },
  };
  return createPlayer(playlist, sink, clock);
}

/** The path has become something other than a file since the start. */
class NoFile extends Error {}

async function openChunks(file: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  const handle = await open(file, READ_AT_ONCE);
  if ((await handle.stat()).isFile()) return handle.createReadStream({ signal });
  await handle.close();
  throw new NoFile(`the path of --file must be ${NOT_A_FILE.expected}`);
}

/**
 * Returns the post, undefined for a blank line, or the reason why the line is bad. A post without an id gets
 * `ownId`.
 */
function readLine({ text }: Line, ownId: string): Post | string | undefined {
  if (text === undefined) return `the line is longer than ${MAX_LINE_BYTES} bytes`;
  if (text.trim() === '') return undefined;
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return `not JSON (${error.message})`;
    throw error;
  }
  return readRecord(record, ownId);
}

function readRecord(record: unknown, ownId: string): Post | string {
  if (!isRecord(record)) return 'not a JSON object; expected {"text": "…"}';
  for (const name of SHORT_FIELDS) {
    const value = record[name];
    if (typeof value === 'string' && value.length > MAX_FIELD_LENGTH) {
      return `"${name}" is longer than ${MAX_FIELD_LENGTH} characters`;
    }
  }
  for (const name of LISTS) {
    const reason = checkList(name, record[name]);
    if (reason !== undefined) return reason;
  }
  const { id, text, lang, createdAt, url } = record;
  if (!isOptionalString(id) || id === '') return '"id" must be a non-empty string';
  if (typeof text !== 'string') return '"text" must be a string';
  if (!isOptionalString(lang)) return '"lang" must be a string, such as "en"';
  if (!isOptionalString(createdAt) || (createdAt && !isDate(createdAt))) {
    return '"createdAt" must be a date, such as "2026-11-20T10:11:12Z"';
  }
  if (!isOptionalString(url) || (url && !isWebAddress(url))) {
    return '"url" must be an http or https address';
  }
  return {
    id: id ?? ownId,
    source: 'replay',
    text,
    tags: readTags(listOf(record.tags)),
    links: record.links ? readLinks(listOf(record.links)) : linksIn(text),
    attached: readAttached(listOf(record.attached)),
    langs: readLanguages([lang ?? '']),
    createdAt: createdAt ? new Date(createdAt) : undefined,
    url: url || undefined,
  };
}

/** Why `list` cannot be used, if it cannot. */
function checkList(name: (typeof LISTS)[number], list: unknown): string | undefined {
  const { most, length } = BOUNDS[name];
  if (list === undefined || list === null) return undefined;
  if (!Array.isArray(list) || !list.every((entry) => typeof entry === 'string')) {
    return `"${name}" must be a list of strings`;
  }
  if (list.length > most) return `"${name}" has more than ${most} entries`;
  if (list.some((entry) => entry.length > length)) {
    return `"${name}" has an entry of more than ${length} characters`;
  }
  if (name === 'links' && !list.every(isWebAddress)) {
    return '"links" must be http or https addresses';
  }
  return undefined;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function isOptionalString(value: unknown): value is string | null | undefined {
  return value === undefined || value === null || typeof value === 'string';
}
