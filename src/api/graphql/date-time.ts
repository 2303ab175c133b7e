// Reads times that clients send, strictly.

import { GraphQLError } from 'graphql';

const DATE_TIME =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))T(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** Throws an error that says what a time must be. */
export function readDateTime(value: unknown): Date {
  const [text, day] = typeof value === 'string' ? (DATE_TIME.exec(value) ?? []) : [];
  // JavaScript takes the 30th of February for the 2nd of March.
  if (text !== undefined && day !== undefined && new Date(day).toISOString().startsWith(day)) {
    return new Date(text);
  }
  throw new GraphQLError(
    'A DateTime must be a time in ISO 8601 format with a time zone, such as "2026-11-20T10:11:12Z".',
  );
}
