// What the server rejects for a limit may work later: how long to wait for that, and what to say meanwhile.

import type { GraphQLFormattedError } from 'graphql';

export type Errors = readonly GraphQLFormattedError[];

/** The first wait, in milliseconds. Each one is twice as long as the one before, up to the longest. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;
const LONGEST_WAIT_AT_LIMIT = 64_000;

const waiting = new Set<() => void>();
/** How often waits have been ended early. */
export let hurries = 0;

/** Ends all waits, because what they wait for may have come. */
export function hurry(): void {
  hurries += 1;
  for (const end of waiting) end();
}

/** Waits longer with every attempt, but only until the machine is online again, or a topic gives its place up. */
export async function waitToRetry(retries: number, longest = LONGEST_WAIT): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.add(resolve);
  // A random share, so that a thousand pages do not come back at once.
  setTimeout(resolve, Math.min(FIRST_WAIT * 2 ** retries, longest) * (0.5 + Math.random() / 2));
  await promise;
  waiting.delete(resolve);
}

/** The same after a limit, which the first wait would seldom outlast. */
export function waitAtLimit(retries: number): Promise<void> {
  return waitToRetry(retries + 1, LONGEST_WAIT_AT_LIMIT);
}

/** Whether the server may do later what it rejects now. */
export function isLimit(errors: Errors): boolean {
  return errors.some(({ extensions }) => extensions?.code === 'LIMIT_REACHED');
}

/** Whether only the end of something else leaves a place, however long the page waits. */
export function isFull(errors: Errors): boolean {
  return isLimit(errors) && errors.every(({ extensions }) => !extensions?.retryAfter);
}

/** Why the server rejects something, and what the page does about it. */
export function describeErrors(errors: Errors): string {
  const reason = errors.map(({ message }) => message).join(' ') || 'The server gave no reason.';
  return isLimit(errors) ? `${reason} This page tries again by itself.` : reason;
}
