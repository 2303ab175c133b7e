// The buckets of one size in a SQLite database, one row for each topic and source. Times are in minutes since 1970.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { addHashtags, KEPT_HASHTAGS } from './hashtag-posts.ts';
import type { Counts, HashtagPosts } from './store.ts';

type Row = Readonly<Record<string, number | string | null>>;

export class BucketTable {
  /** How long a bucket lasts. */
  readonly size: number;
  /** How long buckets are kept. */
  readonly kept: number;
  readonly #add: StatementSync;
  readonly #read: StatementSync;
  readonly #first: StatementSync;
  readonly #delete: StatementSync;

  constructor(
    database: DatabaseSync,
    name: string,
    { size, kept }: Pick<BucketTable, 'size' | 'kept'>,
  ) {
    this.size = size;
    this.kept = kept;
    this.#add = database.prepare(`
      INSERT INTO ${name} VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET
        positive = positive + excluded.positive,
        negative = negative + excluded.negative,
        neutral = neutral + excluded.neutral,
        score = score + excluded.score,
        hashtags = CASE WHEN excluded.hashtags IS NULL THEN hashtags
          ELSE add_hashtags(hashtags, excluded.hashtags) END`);
    // CROSS JOIN keeps this order: one look-up for each bucket.
    this.#read = database.prepare(`
      WITH RECURSIVE bucket (at) AS (
        SELECT :from WHERE :from < :to UNION ALL SELECT at + ${size} FROM bucket WHERE at + ${size} < :to
      )
      SELECT start, source.name AS source, positive, negative, neutral, score, hashtags
      FROM bucket CROSS JOIN ${name} CROSS JOIN source
      WHERE start = at AND topic = :topic AND source.id = ${name}.source`);
    this.#first = database.prepare(`SELECT min(start) AS start FROM ${name}`);
    this.#delete = database.prepare(`DELETE FROM ${name} WHERE start < ?`);
  }

  /** The start of the bucket that has `minute`. */
  bucketOf(minute: number): number {
    return Math.floor(minute / this.size) * this.size;
  }

  /** Adds to the bucket that has `minute`. */
  add(minute: number, topic: number, source: number, counts: Counts): void {
    const { positive, negative, neutral, score, hashtags } = counts;
    this.#add.run(
      this.bucketOf(minute),
      topic,
      source,
      positive,
      negative,
      neutral,
      score,
      hashtags.length === 0 ? null : JSON.stringify(hashtags.slice(0, KEPT_HASHTAGS)),
    );
  }

  read(topic: number, from: number, to: number): (Counts & { readonly start: number })[] {
    const rows = this.#read.all({ topic, from, to }) as Row[];
    return rows.map(({ start, source, positive, negative, neutral, score, hashtags }) => ({
      start: Number(start),
      source: String(source),
      positive: Number(positive),
      negative: Number(negative),
      neutral: Number(neutral),
      score: Number(score),
      hashtags: parse(hashtags),
    }));
  }

  /** The start of the oldest bucket, or undefined without any. */
  first(): number | undefined {
    const start = (this.#first.get() as Row).start;
    return start === null || start === undefined ? undefined : Number(start);
  }

  deleteBefore(start: number): void {
    this.#delete.run(start);
  }
}

/** For SQL: adds the hashtags of two rows. */
export function defineAddHashtags(database: DatabaseSync): void {
  database.function('add_hashtags', { deterministic: true }, (some, others) =>
    JSON.stringify(addHashtags([parse(some), parse(others)], KEPT_HASHTAGS)),
  );
}

function parse(hashtags: unknown): HashtagPosts[] {
  return typeof hashtags === 'string' ? JSON.parse(hashtags) : [];
}
