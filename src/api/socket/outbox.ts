// The outbox of a connection: the only thing that writes messages to it. All messages of a flush leave in one write.
// For a peer that falls behind, a bounded number of events waits.

import type { Clock } from '../../base/clock.ts';
import type { PostKey } from '../../base/post.ts';
import type { Deletions } from '../../stream/deletions.ts';
import type { Eviction, Telemetry } from '../../stream/telemetry.ts';
import { isNearlyTooMuch, isTooMuch } from './backlog-limits.ts';
import {
  assemble,
  type EventStream,
  endWithin,
  type Framing,
  lengthOf,
  type Message,
} from './outbox-queue.ts';
import { MAX_HEADER_BYTES } from './text-frame.ts';
import type { WriteBuffer } from './write-buffer.ts';

/** Answers and protocol messages that may wait besides events, in bytes. No honest client needs as much. */
const WAITING_ANSWER_BYTES = 256 * 1024;
/** How long a peer may take nothing before the server evicts it, in milliseconds. */
export const STALLED_FOR = 10_000;

/** The connection that an outbox writes to. */
export interface Wire {
  readonly framing: Framing;
  /** Whether messages can still be sent. */
  readonly isOpen: boolean;
  /** Whether the kernel and the peer have taken enough for more to be written. */
  readonly mayWrite: boolean;
  /** Bytes that may be written in one piece; a little more does no harm. */
  readonly room: number;
  /** Whether something else evicts a peer that stalls. */
  readonly isWatched: boolean;
  /** Returns whether the memory of `bytes` is free again. */
  write(bytes: Buffer): boolean;
  terminate(): void;
}

export interface OutboxOptions {
  readonly clock: Clock;
  readonly writeBuffer: WriteBuffer;
  /** Calls `flush` at the end of the current tick, or a little later unless that `isUrgent`. */
  readonly flushSoon: (outbox: Outbox, isUrgent: boolean) => void;
  readonly deletions: Deletions;
  /** The outboxes that are behind. */
  readonly behind: Set<Outbox>;
  readonly telemetry: Pick<Telemetry, 'dropped' | 'evicted'>;
}

export class Outbox {
  readonly #wire: Wire;
  readonly #options: OutboxOptions;
  /** What waits: a chain, since most often it is one message, gone by the end of the tick. */
  #oldest: Message | undefined;
  #newest: Message | undefined;
  #events = 0;
  #eventBytes = 0;
  #answerBytes = 0;
  /** The count of deletions when the oldest event came. */
  #deletions = 0;
  #scheduled = false;
  /** Whether that is for the end of the tick. */
  #isUrgent = false;
  #isBehind = false;
  /** Called once everything is written. */
  #written: (() => void)[] | undefined;
  #cancelEviction: (() => void) | undefined;
  /** When the peer fell behind; undefined while nothing waits. */
  #behindSince: number | undefined;

  /** The owner of `wire` MUST call `progressed` and `closed`. */
  constructor(wire: Wire, options: OutboxOptions) {
    this.#wire = wire;
    this.#options = options;
  }

  /** Whether the outbox waits for the kernel or the peer before it writes more. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** Whether events will soon be dropped unless the peer takes some. */
  get isNearlyFull(): boolean {
    return this.#isBehind && isNearlyTooMuch(this.#events, this.#eventBytes);
  }

  /**
   * Sends an event, or drops it when too many newer ones come before the peer takes it, or its post is deleted. One of
   * the past `isUrgent`: the next ones wait until it is written.
   */
  push(stream: EventStream, payload: Buffer, post?: PostKey, isUrgent = false): void {
    if (this.#events === 0) this.#deletions = this.#options.deletions.count;
    this.#add({ payload, stream, post, next: undefined });
    if (isTooMuch(this.#events, this.#eventBytes)) this.#makeRoom();
    this.#schedule(isUrgent);
  }

  /**
   * Sends an answer at the end of the tick, after the events that wait. It is never dropped: a peer that lets too many
   * pile up is evicted.
   */
  send(message: string): void {
    this.#add({
      payload: Buffer.from(message),
      stream: undefined,
      post: undefined,
      next: undefined,
    });
    if (this.#answerBytes > WAITING_ANSWER_BYTES) {
      this.flush();
      if (this.#answerBytes > WAITING_ANSWER_BYTES) this.#evict('flooding');
    }
    this.#schedule(true);
  }

  /** Removes what waits of `stream`, uncounted, since its client ended it. */
  forget(stream: EventStream): void {
    let before: Message | undefined;
    for (let message = this.#oldest; message !== undefined; message = message.next) {
      if (message.stream === stream) this.#remove(message, before);
      else before = message;
    }
  }

  /** Writes everything that waits, now, unless the peer is behind. */
  flush(): void {
    this.#scheduled = false;
    this.#isUrgent = false;
    this.#dropDeleted();
    while (this.#oldest !== undefined && !this.isBehind) {
      if (!this.#wire.isOpen) this.#empty();
      else if (!this.#writePiece(this.#oldest)) this.#fallBehind();
    }
    this.#tellWritten();
  }

  /**
   * Calls `then` once everything that waits is written, from the end of the tick on, as the peer takes it. It is not
   * called if the peer leaves.
   */
  whenWritten(then: () => void): void {
    this.#written ??= [];
    this.#written.push(then);
    if (this.#scheduled) this.#schedule(true);
    else this.#tellWritten();
  }

  #tellWritten(): void {
    if (this.#oldest !== undefined || this.isBehind) return;
    const written = this.#written;
    this.#written = undefined;
    for (const then of written ?? []) then();
  }

  /**
   * Writes everything that waits, because the connection is about to close. A peer that is behind gets only the
   * answers, which say why, so that it reads them before it is evicted.
   */
  finish(): void {
    if (this.isBehind) this.#drop(() => true);
    this.#dropDeleted();
    while (this.#oldest !== undefined && this.#wire.isOpen) {
      this.#writePiece(this.#oldest);
    }
  }

  /** Writes one piece of what waits, from `oldest` on; returns whether more may be written. */
  #writePiece(oldest: Message): boolean {
    const { writeBuffer } = this.#options;
    const { framing, room } = this.#wire;
    const end = endWithin(room, oldest);
    if (end === undefined) this.#empty();
    else while (this.#oldest !== undefined && this.#oldest !== end) this.#remove(this.#oldest);
    const bytes = assemble(oldest, end, framing, writeBuffer);
    if (!this.#wire.write(bytes)) writeBuffer.keep(bytes);
    return this.#wire.mayWrite;
  }

  /** Writes what may be written, and drops the oldest events if too many are left. */
  #makeRoom(): void {
    if (!this.isBehind) this.flush();
    const { clock } = this.#options;
    const behindFor = clock.monotonic() - (this.#behindSince ?? Number.NEGATIVE_INFINITY);
    this.#drop(() => isTooMuch(this.#events, this.#eventBytes, behindFor));
  }

  #add(message: Message): void {
    this.#count(message, 1);
    if (this.#newest === undefined) this.#oldest = message;
    else this.#newest.next = message;
    this.#newest = message;
  }

  #remove(message: Message, before?: Message): void {
    const { next } = message;
    if (before === undefined) this.#oldest = next;
    else before.next = next;
    if (next === undefined) this.#newest = before;
    this.#count(message, -1);
  }

  #count(message: Message, sign: 1 | -1): void {
    const bytes = lengthOf(message);
    if (message.stream === undefined) {
      this.#answerBytes += sign * (bytes + MAX_HEADER_BYTES);
    } else {
      this.#events += sign;
      this.#eventBytes += sign * bytes;
    }
  }

  #schedule(isUrgent: boolean): void {
    if (this.isBehind || this.#oldest === undefined) return;
    if (isUrgent ? this.#isUrgent : this.#scheduled) return;
    this.#scheduled = true;
    this.#isUrgent = isUrgent;
    this.#options.flushSoon(this, isUrgent);
  }

  #fallBehind(): void {
    const { behind, clock } = this.#options;
    behind.add(this);
    this.#behindSince ??= clock.monotonic();
    this.#isBehind = true;
    if (this.#wire.isWatched) return;
    this.#cancelEviction = clock.after(STALLED_FOR, () => this.#evict('stalled'));
  }

  #keepUp(): void {
    this.#isBehind = false;
    this.#options.behind.delete(this);
    this.#cancelEviction?.();
    this.#cancelEviction = undefined;
  }

  /** The kernel or the peer has taken something, so the time to take more begins anew. */
  progressed(): void {
    if (!this.#wire.isOpen) {
      this.closed();
      return;
    }
    this.#keepUp();
    if (this.#wire.mayWrite) this.flush();
    else this.#fallBehind();
    if (!this.isBehind) this.#behindSince = undefined;
  }

  /** Drops events of posts that were deleted while they waited. */
  #dropDeleted(): void {
    const { deletions } = this.#options;
    if (this.#events === 0 || this.#deletions === deletions.count) return;
    this.#deletions = deletions.count;
    this.#drop(
      () => true,
      ({ post }) => post !== undefined && deletions.has(post),
    );
  }

  /** Drops the events that are unwanted, the oldest first, as long as `goesOn` says so. */
  #drop(goesOn: () => boolean, isUnwanted: (event: Message) => boolean = () => true): void {
    let before: Message | undefined;
    for (let message = this.#oldest; message !== undefined; message = message.next) {
      if (!goesOn()) return;
      if (message.stream === undefined || !isUnwanted(message)) {
        before = message;
        continue;
      }
      this.#remove(message, before);
      message.stream.drop(message.payload);
      this.#options.telemetry.dropped();
    }
  }

  #evict(why: Eviction): void {
    this.#options.telemetry.evicted(why);
    this.closed();
    this.#wire.terminate();
  }

  /** Nothing can be sent any more. Events that the peer was too slow to take count as dropped. */
  closed(): void {
    if (this.isBehind) this.#drop(() => true);
    this.#keepUp();
    this.#empty();
    this.#written = undefined;
  }

  #empty(): void {
    this.#oldest = undefined;
    this.#newest = undefined;
    this.#events = 0;
    this.#eventBytes = 0;
    this.#answerBytes = 0;
  }
}
