// Tells the peers which tracks this node wants: every change, and a snapshot on request.

import type { Clock } from '../base/clock.ts';
import { chunks, type NodeMessage } from './node-message.ts';
import { Throttle } from './throttle.ts';
import { TrackSet } from './track-set.ts';

interface InterestPublisherOptions {
  readonly node: string;
  readonly clock: Clock;
  readonly send: (message: NodeMessage) => void;
}

/** How long changes are gathered, in milliseconds. Listeners often come together. */
const GATHER_MS = 50;
/** How long requests for a snapshot are gathered, in milliseconds. Many peers ask at once when a node joins. */
const GATHER_REQUESTS_MS = 100;
/** The shortest time between two snapshots, in milliseconds, however many peers ask. */
const SNAPSHOT_EVERY_MS = 800;

export class InterestPublisher {
  readonly #options: InterestPublisherOptions;
  readonly #tracks = new TrackSet();
  /** Changes that the peers have not been told of. */
  readonly #added = new Set<string>();
  readonly #dropped = new Set<string>();
  readonly #snapshots: Throttle;
  #generation = 0;
  #cancelFlush: (() => void) | undefined;

  constructor(options: InterestPublisherOptions) {
    this.#options = options;
    this.#snapshots = new Throttle({
      clock: options.clock,
      everyMs: SNAPSHOT_EVERY_MS,
      gatherMs: GATHER_REQUESTS_MS,
      job: () => this.#sendSnapshot(),
    });
  }

  /** Identifies what this node wants, once `flush` has told the peers of it. */
  get version(): { readonly generation: number; readonly digest: number } {
    return { generation: this.#generation, digest: this.#tracks.digest };
  }

  add(track: string): void {
    this.#tracks.add(track);
    if (!this.#dropped.delete(track)) this.#added.add(track);
    this.#schedule();
  }

  drop(track: string): void {
    this.#tracks.delete(track);
    if (!this.#added.delete(track)) this.#dropped.add(track);
    this.#schedule();
  }

  /** Sends all changes now. */
  flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const { node, send } = this.#options;
    for (const dropped of chunks(this.#dropped)) send({ kind: 'update', node, dropped, added: [] });
    for (const added of chunks(this.#added)) send({ kind: 'update', node, dropped: [], added });
    this.#dropped.clear();
    this.#added.clear();
  }

  /** Makes every peer ask for a snapshot, because a forged message may have misled it. */
  invalidate(): void {
    this.#generation += 1;
  }

  requestSnapshot(): void {
    this.#snapshots.request();
  }

  stop(): void {
    this.#cancelFlush?.();
    this.#snapshots.stop();
  }

  #schedule(): void {
    this.#cancelFlush ??= this.#options.clock.after(GATHER_MS, () => this.flush());
  }

  #sendSnapshot(): void {
    this.flush();
    const { node, send } = this.#options;
    const chunked = [...chunks(this.#tracks)];
    const parts = Math.max(1, chunked.length);
    for (let part = 0; part < parts; part++) {
      const tracks = chunked[part] ?? [];
      send({ kind: 'snapshot', node, generation: this.#generation, part, parts, tracks });
    }
  }
}
