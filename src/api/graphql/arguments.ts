// Reads the arguments of operations, or throws the error that tells a client what is wrong with them.

import type { GraphQLError } from 'graphql';
import { type Position, parseCursor } from '../../base/position.ts';
import { cutText, MAX_TEXT } from '../../base/post.ts';
import { UserError } from '../../base/user-error.ts';
import { partsOf, type SourceStatus } from '../../source/source.ts';
import type { Start } from '../../stream/recorder.ts';
import { EVERY, SPAN, type WindowRequest } from '../../stream/windows.ts';
import { atSources, parseTrack, type Track } from '../../track/track.ts';
import type { BoundedLookBack } from './builder.ts';
import { toGraphQLError } from './masked-errors.ts';

/** The most events that `last` can ask for. */
export const MAX_LAST = 100;
/** The most characters of what a client sent that an error quotes. */
const QUOTED_CHARACTERS = 40;
const AND = new Intl.ListFormat('en-GB');

export function readText(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  const message = `This text has ${text.length} characters; ${MAX_TEXT} at most.`;
  throw toGraphQLError(new UserError('LIMIT_REACHED', message));
}

export function readTrack(query: string): Track {
  return right(parseTrack(query));
}

export function readCursor(text: string): Position {
  return right(parseCursor(text));
}

/** Returns undefined for a subscription that begins now. */
export function readStart(
  after: string | null | undefined,
  last: number | null | undefined,
): Start | undefined {
  if (typeof after === 'string' && typeof last === 'number') {
    const message =
      'A subscription begins either after a cursor or with the last events; leave out "after" or "last".';
    throw badInput(message);
  }
  if (typeof after === 'string') return { after: readCursor(after) };
  if (typeof last !== 'number') return undefined;
  if (last >= 0 && last <= MAX_LAST) return { last };
  const message = `"last" is ${last}. It must be a number from 0 to ${MAX_LAST}.`;
  throw badInput(message);
}

/** The track of `query` at some of the sources, or at all. `source` is what the server reads, which may merge several. */
export function readTrackAt(
  query: string,
  names: readonly string[] | null | undefined,
  source: SourceStatus,
): Track {
  return chooseSources(readTrack(query), names, source);
}

export function chooseSources(
  track: Track,
  names: readonly string[] | null | undefined,
  source: SourceStatus,
): Track {
  if (names === null || names === undefined) return track;
  const known = partsOf(source).map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (names.length > 0 && unknown === undefined) {
    return known.every((name) => names.includes(name)) ? track : atSources(track, names);
  }
  const wrong =
    unknown === undefined
      ? '"sources" is empty.'
      : `There is no source "${cutText(unknown, QUOTED_CHARACTERS)}" here.`;
  throw badInput(
    `${wrong} This server reads ${AND.format(known)}; choose from these, or leave out "sources".`,
  );
}

export function readWindow(track: Track, span: number, every: number): WindowRequest {
  checkSeconds('span', span, SPAN);
  checkSeconds('every', every, EVERY);
  return { track, span, every };
}

function checkSeconds(name: string, seconds: number, { least, most }: typeof SPAN): void {
  if (seconds >= least && seconds <= most) return;
  const message = `"${name}" is ${seconds}. It must be a number of seconds from ${least} to ${most}.`;
  throw badInput(message);
}

/** The time that a question about the past is about, in milliseconds since 1970. Buckets last `length`. */
export function readSpan(
  from: Date,
  until: Date | null | undefined,
  length: number,
  { now, maxBuckets }: Pick<BoundedLookBack, 'now' | 'maxBuckets'>,
): { readonly from: number; readonly to: number | undefined } {
  const start = from.getTime();
  const end = until?.getTime();
  if (end !== undefined && start >= end) {
    throw badInput('"from" must be before "to".');
  }
  if (start > now()) throw badInput('"from" must be in the past.');
  // The future has no buckets yet, and costs nothing.
  const to = end === undefined || end > now() ? undefined : end;
  const last = to === undefined ? now() : to - 1;
  const buckets = Math.floor(last / length) - Math.floor(start / length) + 1;
  if (buckets > maxBuckets) {
    const message = `The question is about ${buckets} buckets; ask for ${maxBuckets} at most, or for longer ones.`;
    throw toGraphQLError(new UserError('LIMIT_REACHED', message));
  }
  return { from: start, to };
}

function badInput(message: string): GraphQLError {
  return toGraphQLError(new UserError('BAD_USER_INPUT', message));
}

/** Returns what was read, or throws what was wrong with it. */
export function right<T>(read: T | UserError): T {
  if (read instanceof UserError) throw toGraphQLError(read);
  return read;
}
