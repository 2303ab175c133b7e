// The past of a topic. It asks the server for its counts, and then again every few seconds for the newest ones.

import { PastDocument, type PastQuery } from '../../schema/operations.ts';
import type { Range } from './range.ts';
import type { Cell } from './rolling-window.ts';
import { byCount, WINDOW_SECONDS } from './rolling-window.ts';
import type { ServerClock } from './server-clock.ts';
import type { Connection } from './server-connection.ts';
import type { Topic } from './topic-state.ts';

/** The longest time between two questions, in milliseconds. Shorter buckets are asked for a dozen times. */
const SLOWEST = 30_000;
/** The time until the next question after one without an answer, in milliseconds. */
const RETRY = 2000;

type Bucket = PastQuery['history']['buckets'][number];
type Asking = Pick<Connection, 'ask'> & { readonly clock: Pick<ServerClock, 'now'> };

export class TopicPast {
  /** Oldest first, without gaps. */
  cells: readonly Cell[] = [];
  /** When the last answer came, in milliseconds since 1970. */
  answeredAt: number | undefined;
  #tags: readonly (readonly [tag: string, count: number])[] = [];
  readonly #onAnswer: () => void;
  readonly #ask: (from: number) => Promise<PastQuery | undefined>;
  readonly #clock: Pick<ServerClock, 'now'>;
  readonly #range: Range;
  readonly #seconds: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isWanted = true;

  /** `range` has buckets. */
  constructor(track: string, range: Range, connection: Asking, onAnswer: () => void) {
    this.#onAnswer = onAnswer;
    this.#clock = connection.clock;
    const { size = 'MINUTE', seconds = 60 } = range.bucket ?? {};
    this.#range = range;
    this.#seconds = seconds;
    this.#ask = (from) =>
      connection.ask(PastDocument, {
        ...{ track, from: new Date(from).toISOString(), bucket: size, hashtags: true },
      });
    void this.ask();
  }

  /** Asks for what has been counted since the last answer, and for the bucket before, which may have changed. */
  async ask(): Promise<void> {
    clearTimeout(this.#timer);
    const now = this.#clock.now();
    const first = now - this.#range.seconds * 1000;
    const last = this.answeredAt ?? 0;
    // The server's clock may have been set back since then.
    const from = last > now ? first : Math.max(last - this.#seconds * 1000, first);
    const answer = document.hidden ? undefined : await this.#ask(from);
    if (!this.#isWanted) return;
    if (answer) {
      this.answeredAt = now;
      this.cells = joined(this.cells, cellsOf(answer.history.buckets, this.#seconds, now), first);
      this.#tags = tagsOf(this.cells);
      this.#onAnswer();
    }
    clearTimeout(this.#timer);
    const pace = Math.min((this.#seconds * 1000) / 12, SLOWEST);
    this.#timer = setTimeout(() => void this.ask(), answer ? pace : RETRY);
  }

  /** The most frequent hashtags of the range, most frequent first, then by name. */
  topTags(most: number): readonly (readonly [tag: string, count: number])[] {
    return this.#tags.slice(0, most);
  }

  stop(): void {
    this.#isWanted = false;
    clearTimeout(this.#timer);
  }
}

/** A bucket that has not ended lacks the posts to come. */
export function cellsOf(buckets: readonly Bucket[], seconds: number, now: number): Cell[] {
  return buckets.map(({ start, positive, negative, neutral, complete, hashtags }) => {
    const from = Date.parse(start) / 1000;
    const to = from + seconds;
    return {
      from,
      to,
      counts: [positive, negative, neutral],
      isKnown: complete && to * 1000 <= now,
      ...(hashtags && { tags: hashtags }),
    };
  });
}

function tagsOf(cells: readonly Cell[]): (readonly [tag: string, count: number])[] {
  const sums = new Map<string, number>();
  for (const { tags = [] } of cells) {
    for (const { tag, count } of tags) sums.set(tag, (sums.get(tag) ?? 0) + count);
  }
  return [...sums].sort(byCount);
}

/** The new cells take the place of old ones. Cells that ended before `first`, in milliseconds, go. */
export function joined(old: readonly Cell[], fresh: readonly Cell[], first: number): Cell[] {
  const begin = fresh[0]?.from ?? Number.POSITIVE_INFINITY;
  return [...old.filter(({ from }) => from < begin), ...fresh].filter(
    ({ to }) => to * 1000 > first,
  );
}

/** Fills the last five minutes, as far as the page did not listen, with the server's counts by the minute. */
export async function recall(topic: Topic, { clock, ask }: Asking): Promise<void> {
  const from = new Date(clock.now() - WINDOW_SECONDS * 1000).toISOString();
  const answer = await ask(PastDocument, { track: topic.track, from, bucket: 'MINUTE' });
  const now = clock.now();
  topic.window.advance(now);
  for (const { start, positive, negative, neutral, complete } of answer?.history.buckets ?? []) {
    const begin = Date.parse(start);
    const end = Math.min(begin + 60_000, now);
    if (complete && end > begin) topic.window.fill([positive, negative, neutral], begin, end, now);
  }
}
