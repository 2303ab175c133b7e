// A subscription: listens to the events of a topic, or to its windows, and passes the selected fields of each to the
// outbox of its connection.

import type { Position } from '../../base/position.ts';
import type { UserError } from '../../base/user-error.ts';
import type { SentimentEvent } from '../../sentiment/analysis.ts';
import type { Multiplexer } from '../../stream/multiplexer.ts';
import type { PastReader } from '../../stream/recorder.ts';
import type { Listener } from '../../stream/topic.ts';
import type { TrackWindow, WindowListener, WindowRequest, Windows } from '../../stream/windows.ts';
import { EXPIRED, type Pass, UNLIMITED } from '../access/auth.ts';
import type { Outbox } from '../socket/outbox.ts';
import type { EventStream } from '../socket/outbox-queue.ts';
import type { Followed, Opened } from './broadcast.ts';
import type { CatchUps } from './catch-ups.ts';
import { type Notice, noticeOf, tellLoss, worst } from './loss-notice.ts';
import type { EncodedResult, Selection } from './selection.ts';

/** Where the events of subscriptions come from. */
export interface Feeding {
  readonly multiplexer: Multiplexer;
  readonly catchUps: CatchUps;
  readonly windows: Windows;
}

/** Events that a listener gets in one go while it catches up. */
const EVENTS_A_STEP = 32;

export abstract class Subscription implements Listener, WindowListener, EventStream {
  readonly prefix: Buffer;
  readonly suffix: readonly number[];
  dropped = 0;
  readonly #selection: Selection;
  readonly #release: () => void;
  readonly #outbox: Outbox;
  /** While the listener catches up, it reads events from what is kept, in the order in which they came. */
  #isCatchingUp = false;
  /** Where the client resumed, until something later has come. */
  #resumedAfter: Position | undefined;
  #unwatch: (() => void) | undefined;
  #stop: (() => void) | undefined;
  #ended = false;
  /** The notice that the next event carries. */
  #notice: Notice | undefined;
  /** The notice that dropped events carried. */
  #droppedNotice: Notice | undefined;

  constructor(
    framing: Pick<EventStream, 'prefix' | 'suffix'> & { readonly prefix: Buffer },
    { selection, release }: Opened,
    outbox: Outbox,
  ) {
    this.prefix = framing.prefix;
    this.suffix = framing.suffix;
    this.#selection = selection;
    this.#release = release;
    this.#outbox = outbox;
  }

  /** Begins to listen. The subscription ends when its token expires. */
  listen({ followed }: Opened, feeding: Feeding, pass: Pass): void {
    if ('span' in followed) this.#stop = feeding.windows.watch(followed, this);
    else this.#follow(followed, feeding);
    // Most tokens never expire, and cost nothing to watch.
    if (pass === UNLIMITED) return;
    this.#unwatch = pass.onExpiry(() => this.end(EXPIRED));
    if (this.#ended) this.#unwatch();
  }

  #follow(
    { track, start }: Exclude<Followed, WindowRequest>,
    { multiplexer, catchUps }: Feeding,
  ): void {
    this.#isCatchingUp = start !== undefined;
    this.#stop = multiplexer.listen(track, this);
    if (start === undefined || this.#ended) return;
    multiplexer.read(track, start, (reader) => {
      if ('after' in start) {
        this.#resumedAfter = start.after;
        this.#notice = reader.isComplete ? 'recovered' : 'gap';
      }
      catchUps.add(() => this.#catchUp(reader, multiplexer, catchUps));
    });
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  event(event: SentimentEvent): void {
    if (this.#isCatchingUp || this.#wasGot(event)) return;
    this.#send(event, this.#selection.resultOf(event));
  }

  /** A peer that is behind gets the newest window only. */
  window(window: TrackWindow): void {
    if (this.#outbox.isBehind) this.#outbox.forget(this);
    this.#outbox.push(this, this.payloadOf(this.#selection.resultOf(window)));
  }

  gap(): void {
    if (!this.#isCatchingUp) this.#notice = 'gap';
  }

  drop(json: Buffer): void {
    this.dropped += 1;
    this.#droppedNotice = worst(this.#droppedNotice, noticeOf(json));
  }

  tellDropped(json: Buffer): Buffer {
    const told = tellLoss(json, { dropped: this.dropped, notice: this.#droppedNotice });
    this.dropped = 0;
    this.#droppedNotice = undefined;
    return told;
  }

  /** Sends the next few events that the listener has missed, and the others once its peer has taken these. */
  #catchUp(reader: PastReader, multiplexer: Multiplexer, catchUps: CatchUps): void {
    if (this.#ended) return;
    const { gap, events } = reader.next(EVENTS_A_STEP);
    if (gap) this.#notice = 'gap';
    if (events.length === 0) {
      this.#isCatchingUp = false;
      return;
    }
    for (const event of events) {
      if (this.#wasGot(event)) continue;
      // On its way from another node, a deletion may overtake the event.
      if (multiplexer.deletions.has(event.post)) continue;
      this.#send(event, catchUps.resultOf(this.#selection, event), true);
    }
    this.#outbox.whenWritten(() => {
      catchUps.add(() => this.#catchUp(reader, multiplexer, catchUps));
    });
  }

  /** Whether the client got the event where it was before. This node may be behind the one that the client has left. */
  #wasGot({ position }: SentimentEvent): boolean {
    const after = this.#resumedAfter;
    if (after === undefined) return false;
    if (position.epoch === after.epoch && position.number <= after.number) return true;
    this.#resumedAfter = undefined;
    return false;
  }

  #send(event: SentimentEvent, result: EncodedResult, isPast = false): void {
    const payload = this.payloadOf(result);
    const notice = this.#notice;
    this.#notice = undefined;
    const told = notice === undefined ? payload : tellLoss(payload, { dropped: 0, notice });
    this.#outbox.push(this, told, event.post, isPast);
  }

  /** Ends once; `error` tells the client why. */
  end(error?: UserError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stop?.();
    this.#release();
    this.#unwatch?.();
    this.ended(error);
  }

  /** What the transport sends between the prefix and the suffix. */
  protected abstract payloadOf(result: EncodedResult): Buffer;
  /** Tells the client that no event follows. */
  protected abstract ended(error: UserError | undefined): void;
}
