// Test data: the project's own fixtures, and the rated tweets where they are at hand.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FIXTURES = new URL('../fixtures/', import.meta.url);
const SHARED = new URL('../../../shared/data/', import.meta.url);

/** The path of a file of ../shared/data, or undefined where there is none. */
export function sharedFile(name: string): string | undefined {
  const url = new URL(name, SHARED);
  return existsSync(url) ? fileURLToPath(url) : undefined;
}

export function fixtureFile(name: string): string {
  return fileURLToPath(new URL(name, FIXTURES));
}

export function readNdjson<T>(path: string): T[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

/** What vaderSentiment 3.3.2 (`vader`) and the first server (`seed`) say of a text. */
export interface Answers {
  readonly vader: { neg: number; neu: number; pos: number; compound: number };
  readonly seed: { polarityIndex: number; hashtags: Record<string, number> };
}

export type RatedText = Answers & { readonly id?: string; readonly text: string };

/** Our own made-up texts. */
export function readCases(): RatedText[] {
  return readNdjson(fixtureFile('vader-cases.ndjson'));
}

/** Real tweets, or nothing where they are not at hand. */
export function readTweets(): RatedText[] {
  const tweets = sharedFile('tweets.ndjson');
  const answers = sharedFile('tweets.expected.ndjson');
  if (!tweets || !answers) return [];
  const byId = new Map(readNdjson<Answers & { id: string }>(answers).map((a) => [a.id, a]));
  return readNdjson<{ id: string; text: string }>(tweets).map(({ id, text }) => {
    const answer = byId.get(id);
    if (!answer) throw new Error(`no answer for tweet ${id}`);
    return { ...answer, text };
  });
}
