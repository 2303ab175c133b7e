// Tells the other nodes what this one wants: every change, numbered, and all of it to who asks.

import type { Clock } from '../base/clock.ts';
import { digestWith, digestWithout } from './known-tracks.ts';
import { CHUNK_CHARACTERS, type NodeMessage } from './node-message.ts';

export interface AnnouncerOptions {
  readonly node: string;
  readonly clock: Clock;
  readonly send: (message: NodeMessage) => void;
}

/** Changes are gathered for so long, in milliseconds: listeners often come together. */
const GATHER_MS = 50;
/** Many may ask at the same time, as when a node is new to all of them; so long they are gathered. */
const ANSWER_AFTER_MS = 100;
/** The shortest time between two answers, in milliseconds, however many nodes ask. */
const ANSWER_EVERY_MS = 800;

export class Announcer {
  readonly #options: AnnouncerOptions;
  /** What is wanted now, and what the others have not been told of it. */
  readonly #tracks = new Set<string>();
  readonly #added = new Set<string>();
  readonly #dropped = new Set<string>();
  #version = 0;
  #digest = 0;
  #answeredAt = Number.NEGATIVE_INFINITY;
  #cancelFlush: (() => void) | undefined;
  #cancelAnswer: (() => void) | undefined;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** How many messages there were to tell of changes, and forged ones to put right. */
  get version(): number {
    return this.#version;
  }

  /** Of all tracks that are wanted now. */
  get digest(): number {
    return this.#digest;
  }

  add(track: string): void {
    this.#digest = digestWith(this.#digest, track);
    this.#tracks.add(track);
    if (!this.#dropped.delete(track)) this.#added.add(track);
    this.#schedule();
  }

  drop(track: string): void {
    this.#digest = digestWithout(this.#digest, track);
    this.#tracks.delete(track);
    if (!this.#added.delete(track)) this.#dropped.add(track);
    this.#schedule();
  }

  /** Tells of all changes now. */
  flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    const { node, send } = this.#options;
    const tell = (dropped: readonly string[], added: readonly string[]) => {
      this.#version += 1;
      send({ kind: 'wants', node, version: this.#version, dropped, added });
    };
    for (const chunk of chunks(this.#dropped)) tell(chunk, []);
    for (const chunk of chunks(this.#added)) tell([], chunk);
    this.#dropped.clear();
    this.#added.clear();
  }

  /**
   * The others may have taken in a forged message. No version that they know is right any more, so each of them
   * asks for everything.
   */
  repeat(): void {
    this.#version += 1;
  }

  /** Somebody has asked for everything. */
  asked(): void {
    const { clock } = this.#options;
    const early = this.#answeredAt + ANSWER_EVERY_MS - clock.monotonic();
    this.#cancelAnswer ??= clock.after(Math.max(ANSWER_AFTER_MS, early), () => {
      this.#cancelAnswer = undefined;
      this.#answeredAt = clock.monotonic();
      this.flush();
      const { node, send } = this.#options;
      const parts = [...chunks(this.#tracks)];
      if (parts.length === 0) parts.push([]);
      for (const [part, tracks] of parts.entries()) {
        send({ kind: 'all', node, version: this.#version, part, parts: parts.length, tracks });
      }
    });
  }

  stop(): void {
    this.#cancelFlush?.();
    this.#cancelAnswer?.();
  }

  #schedule(): void {
    this.#cancelFlush ??= this.#options.clock.after(GATHER_MS, () => this.flush());
  }
}

function* chunks(tracks: Iterable<string>): Generator<string[]> {
  let chunk: string[] = [];
  let length = 0;
  for (const track of tracks) {
    chunk.push(track);
    length += track.length;
    if (length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = [];
    length = 0;
  }
  if (chunk.length > 0) yield chunk;
}
