// The place of an event among all events, and the cursor by which a client names it to resume from there.

import { isCount, isRecord } from './json.ts';
import { UserError } from './user-error.ts';

/** The place of an event. All three numbers are whole and below 2^48. */
export interface Position {
  /** Drawn at random by the feed that makes the events. Numbers of different epochs mean nothing to each other. */
  readonly epoch: number;
  /** Grows with each event, whichever tracks that matches, and wherever events may be missing. */
  readonly number: number;
  /** When the event was made, in milliseconds since 1970. */
  readonly time: number;
}

const NUMBER_BYTES = 6;
/** No number of a position reaches it. */
export const POSITION_LIMIT = 2 ** (8 * NUMBER_BYTES);
const CURSOR_BYTES = 3 * NUMBER_BYTES;
/** Bytes that divide by three need no padding, so each cursor has exactly one spelling. */
const CURSOR = new RegExp(`^[\\w-]{${(CURSOR_BYTES * 4) / 3}}$`);

export function formatCursor({ epoch, number, time }: Position): string {
  const bytes = Buffer.allocUnsafe(CURSOR_BYTES);
  bytes.writeUIntBE(epoch, 0, NUMBER_BYTES);
  bytes.writeUIntBE(number, NUMBER_BYTES, NUMBER_BYTES);
  bytes.writeUIntBE(time, 2 * NUMBER_BYTES, NUMBER_BYTES);
  return bytes.toString('base64url');
}

export function parseCursor(text: string): Position | UserError {
  if (!CURSOR.test(text)) return new UserError('BAD_CURSOR', EXPECTED);
  const bytes = Buffer.from(text, 'base64url');
  return {
    epoch: bytes.readUIntBE(0, NUMBER_BYTES),
    number: bytes.readUIntBE(NUMBER_BYTES, NUMBER_BYTES),
    time: bytes.readUIntBE(2 * NUMBER_BYTES, NUMBER_BYTES),
  };
}

/** Whether a value from outside is a position. It may have other fields. */
export function isPosition(value: unknown): value is Position {
  return isRecord(value) && isPart(value.epoch) && isPart(value.number) && isPart(value.time);
}

function isPart(value: unknown): boolean {
  return isCount(value) && value < POSITION_LIMIT;
}

const EXPECTED =
  'This is not a cursor; send the `cursor` of the last event that you got, or leave it out to begin now.';
