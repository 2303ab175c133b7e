// A subscription: hears the events of a topic and has the outbox of its connection send what is selected of each.

import type { UserError } from '../../base/user-error.ts';
import type { SentimentEvent } from '../../sentiment/analysis.ts';
import type { Multiplexer } from '../../stream/multiplexer.ts';
import type { Listener } from '../../stream/topic.ts';
import { EXPIRED, type Pass, UNLIMITED } from '../access/auth.ts';
import type { Outbox } from '../socket/outbox.ts';
import type { EventStream } from '../socket/outbox-queue.ts';
import type { Opened } from './broadcast.ts';
import { GAP, tellLoss, tellsGap } from './loss-notice.ts';
import type { Selection } from './selection.ts';

export abstract class Subscription implements Listener, EventStream {
  readonly prefix: Buffer;
  readonly suffix: readonly number[];
  dropped = 0;
  readonly #selection: Selection;
  readonly #release: () => void;
  readonly #outbox: Outbox;
  #unwatch: (() => void) | undefined;
  #stop: (() => void) | undefined;
  #ended = false;
  /** Whether the next event has to tell of a gap. */
  #gap = false;
  /** Whether a dropped event would have told of a gap. */
  #droppedGap = false;

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

  /** Begins, and ends with the token that it was opened with. */
  listen({ track }: Opened, multiplexer: Multiplexer, pass: Pass): void {
    this.#stop = multiplexer.listen(track, this);
    // Most tokens never expire, and cost nothing to watch.
    if (pass === UNLIMITED) return;
    this.#unwatch = pass.onExpiry(() => this.end(EXPIRED));
    if (this.#ended) this.#unwatch();
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  event(event: SentimentEvent): void {
    const json = this.#selection.resultOf(event);
    this.#outbox.push(this, this.#gap ? tellLoss(json, GAP) : json, event.post.id);
    this.#gap = false;
  }

  gap(): void {
    this.#gap = true;
  }

  drop(json: Buffer): void {
    this.dropped += 1;
    this.#droppedGap ||= tellsGap(json);
  }

  tellDropped(json: Buffer): Buffer {
    const told = tellLoss(json, { dropped: this.dropped, gap: this.#droppedGap });
    this.dropped = 0;
    this.#droppedGap = false;
    return told;
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

  /** Tells the client that no event follows. */
  protected abstract ended(error: UserError | undefined): void;
}
