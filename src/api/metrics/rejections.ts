// Who was refused, and why: counted all, and logged at most so many a minute of each kind, since
// strangers choose how often it happens.

import type { Clock } from '../../base/clock.ts';

const REFUSALS = [
  'origin',
  'forged',
  'token',
  'sockets',
  'sockets-per-address',
  'attempts',
  'attempts-per-address',
  'messages',
  'size',
  'init',
  'request',
  'pipelined',
  'subscriptions',
  'tracks',
  'query',
  'work',
] as const;

/** What is logged by the same measure besides; the last three of the source. */
const OTHERS = ['accept', 'bad record', 'cut', 'state', 'failure', 'warning'] as const;

/** What other lines are about. Each has lines of its own at each level, so that no flood hides another. */
export type Subject = 'operation' | 'GraphQL socket' | 'GraphQL' | 'socket' | 'keys' | 'cluster';
export type Level = 'debug' | 'info' | 'warn' | 'error';

export type RejectionKind = (typeof REFUSALS)[number];
export type NoticeKind = RejectionKind | (typeof OTHERS)[number] | `${Subject}, ${Level}`;

export const LINES_A_MINUTE = 10;
/** Of what a client sent. */
const MAX_DETAIL_LENGTH = 200;
const MINUTE = 60_000;

interface Minute {
  readonly since: number;
  said: number;
  unsaid: number;
  /** Writes the last line of a minute: how many lines were left out. */
  write: (line: string) => void;
  /** There once something is left unsaid. */
  cancel?: () => void;
}

export class Refusals {
  readonly #counts = Object.fromEntries(REFUSALS.map((kind) => [kind, 0])) as Record<
    RejectionKind,
    number
  >;
  readonly #minutes = new Map<NoticeKind, Minute>();
  readonly #write: (line: string) => void;
  readonly #clock: Clock;

  constructor(write: (line: string) => void, clock: Clock) {
    this.#write = write;
    this.#clock = clock;
  }

  /** Since the start. */
  get counts(): Readonly<Record<RejectionKind, number>> {
    return this.#counts;
  }

  /** Counts a rejection. `detail` may hold what a client sent. */
  refuse(kind: RejectionKind, detail: string): void {
    this.#counts[kind] += 1;
    this.notice(kind, `refused (${kind}): ${detail.slice(0, MAX_DETAIL_LENGTH)}`);
  }

  /**
   * Logs `line`, unless there were enough of its kind in this minute: then how many, at its end. `write`
   * is for lines that are no warnings.
   */
  notice(kind: NoticeKind, line: string, write = this.#write): void {
    const now = this.#clock.monotonic();
    let minute = this.#minutes.get(kind);
    if (minute === undefined || now - minute.since >= MINUTE) {
      this.#end(kind);
      minute = { since: now, said: 0, unsaid: 0, write };
      this.#minutes.set(kind, minute);
    }
    if (minute.said < LINES_A_MINUTE) {
      minute.said += 1;
      write(line);
    } else {
      minute.write = write;
      minute.unsaid += 1;
      minute.cancel ??= this.#clock.after(minute.since + MINUTE - now, () => this.#end(kind));
    }
  }

  /** Says at once what is still to be said. */
  close(): void {
    for (const kind of [...this.#minutes.keys()]) this.#end(kind);
  }

  #end(kind: NoticeKind): void {
    const minute = this.#minutes.get(kind);
    this.#minutes.delete(kind);
    minute?.cancel?.();
    if (!minute?.unsaid) return;
    minute.write(`and ${minute.unsaid.toLocaleString('en-US')} more (${kind})`);
  }
}
