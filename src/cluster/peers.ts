// The other nodes, as far as they have been heard: who is there, and what each of them wants.

import type { Clock } from '../base/clock.ts';
import { KnownTracks, ROOM, type Taken } from './known-tracks.ts';
import type { Ingesting, NodeMessage } from './node-message.ts';

interface OtherNode {
  /** By the monotonic clock. */
  heardAt: number;
  listeners: number;
  ingest: Ingesting | undefined;
  /** What it wants, at which version, and whether that is known to be out of date. */
  readonly tracks: KnownTracks;
  version: number;
  behind: boolean;
  /** Since when, by the monotonic clock. */
  behindSince: number;
  /** When it was asked last, by the monotonic clock. */
  askedAt: number;
  /** All of it, of which parts are still to come. */
  coming: { readonly version: number; next: number; readonly tracks: KnownTracks } | undefined;
}

export interface OthersOptions {
  readonly clock: Clock;
  /** One of them wants and drops tracks. */
  readonly onWants: (added: Iterable<string>, dropped: Iterable<string>) => void;
  /** What `node` wants has to be asked for. */
  readonly ask: (node: string) => void;
  /** `node` has not said for long what it wants, though it was asked. */
  readonly onMute: (node: string) => void;
  /** The one that ingested does so no more. */
  readonly onLeaderless: () => void;
}

/** A node that says nothing for so long is gone, in milliseconds, and what it wants with it. */
export const GONE_AFTER_MS = 10_000;
/** After so long it is not waited for. */
const SILENT_AFTER_MS = 3000;
/** Nor after so long, if it speaks and yet does not answer. */
export const MUTE_AFTER_MS = 15_000;
/** The shortest time between two questions to one node, in milliseconds. Each `alive`, once a second, may cause one. */
const ASK_EVERY_MS = 900;
const MAX_NODES = 1000;
/** Once this many tracks are forgotten in a tick, the next silent node waits: to forget a million takes two seconds. */
export const FORGOTTEN_AT_ONCE = 100_000;
const NO_ROOM = `the nodes want more tracks than can be known: ${ROOM.tracksOfOne} of one node, or ${ROOM.tracks} or ${ROOM.characters} characters of all`;

export class Others {
  readonly #options: OthersOptions;
  readonly #nodes = new Map<string, OtherNode>();
  readonly #taken: Taken = { tracks: 0, characters: 0 };
  #complainedAt = Number.NEGATIVE_INFINITY;

  constructor(options: OthersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#nodes.size;
  }

  get listeners(): number {
    let sum = 0;
    for (const { listeners } of this.#nodes.values()) sum += listeners;
    return sum;
  }

  /** What a node says of its ingesting, if it has been heard lately. */
  ingesting(id: string): Ingesting | undefined {
    const node = this.#nodes.get(id);
    const isSilent =
      node !== undefined && this.#options.clock.monotonic() - node.heardAt > SILENT_AFTER_MS;
    return isSilent ? undefined : node?.ingest;
  }

  /** Whether it is known what all of them want that can be heard. */
  get known(): boolean {
    const now = this.#options.clock.monotonic();
    for (const { behind, behindSince, heardAt } of this.#nodes.values()) {
      const isMute = now - behindSince > MUTE_AFTER_MS;
      if (behind && !isMute && now - heardAt <= SILENT_AFTER_MS) return false;
    }
    return true;
  }

  /** Takes a message in, or says why there is no room for it. */
  receive(message: NodeMessage): string | undefined {
    if (message.kind === 'bye') {
      this.#forget(message.node);
      return undefined;
    }
    const node = this.#at(message.node);
    if (node === undefined) return `there are more than ${MAX_NODES} nodes`;
    node.heardAt = this.#options.clock.monotonic();
    switch (message.kind) {
      case 'alive': {
        const ledBefore = node.ingest !== undefined;
        node.listeners = message.listeners;
        node.ingest = message.ingest;
        if (node.version !== message.version || node.tracks.digest !== message.digest) {
          this.#lost(message.node, node);
        }
        if (ledBefore && message.ingest === undefined) this.#options.onLeaderless();
        return undefined;
      }
      case 'wants': {
        const { version, added, dropped } = message;
        if (version <= node.version) return undefined;
        if (version !== node.version + 1) {
          // It has been asked already, if something was missing before.
          if (!node.behind) this.#lost(message.node, node);
          return undefined;
        }
        if (!node.tracks.fits(added)) return NO_ROOM;
        node.version = version;
        this.#change(node, added, dropped);
        return undefined;
      }
      case 'all':
        return this.#takePart(node, message);
      default:
        return undefined;
    }
  }

  /** Forgets nodes that have been silent for too long. With many tracks, some of them wait for the next time. */
  forgetSilent(): void {
    const since = this.#options.clock.monotonic() - GONE_AFTER_MS;
    const least = this.#taken.tracks - FORGOTTEN_AT_ONCE;
    for (const [id, { heardAt }] of this.#nodes) {
      if (heardAt < since) this.#forget(id);
      if (this.#taken.tracks <= least) return;
    }
  }

  /** Nobody could be heard until now, so nobody's silence means anything. */
  excuseSilence(): void {
    for (const node of this.#nodes.values()) node.heardAt = this.#options.clock.monotonic();
  }

  #at(id: string): OtherNode | undefined {
    const known = this.#nodes.get(id);
    if (known !== undefined || this.#nodes.size >= MAX_NODES) return known;
    const node: OtherNode = {
      heardAt: 0,
      listeners: 0,
      ingest: undefined,
      tracks: new KnownTracks(this.#taken),
      version: 0,
      behind: false,
      behindSince: 0,
      askedAt: Number.NEGATIVE_INFINITY,
      coming: undefined,
    };
    this.#nodes.set(id, node);
    return node;
  }

  #lost(id: string, node: OtherNode): void {
    const now = this.#options.clock.monotonic();
    if (!node.behind) node.behindSince = now;
    node.behind = true;
    const mute = now - node.behindSince;
    if (mute > MUTE_AFTER_MS && now - this.#complainedAt > MUTE_AFTER_MS) {
      this.#complainedAt = now;
      this.#options.onMute(id);
    }
    if (now - node.askedAt < ASK_EVERY_MS) return;
    node.askedAt = now;
    this.#options.ask(id);
  }

  #takePart(node: OtherNode, message: NodeMessage & { kind: 'all' }): string | undefined {
    const { version, part, parts, tracks } = message;
    if (!node.behind) return undefined;
    if (part === 0) {
      node.coming?.tracks.clear();
      node.coming = { version, next: 0, tracks: new KnownTracks(this.#taken) };
    }
    const { coming } = node;
    if (coming === undefined || coming.version !== version || coming.next !== part) {
      this.#dropParts(node);
      return undefined;
    }
    if (!coming.tracks.fits(tracks)) {
      this.#dropParts(node);
      return NO_ROOM;
    }
    for (const track of tracks) coming.tracks.add(track);
    coming.next += 1;
    if (coming.next < parts) return undefined;
    const dropped = [...node.tracks].filter((track) => !coming.tracks.has(track));
    const added = [...coming.tracks];
    this.#dropParts(node);
    node.behind = false;
    node.version = version;
    this.#change(node, added, dropped);
    return undefined;
  }

  #dropParts(node: OtherNode): void {
    node.coming?.tracks.clear();
    node.coming = undefined;
  }

  #change(node: OtherNode, added: readonly string[], dropped: readonly string[]): void {
    const gone = dropped.filter((track) => node.tracks.delete(track));
    const come = added.filter((track) => node.tracks.add(track));
    this.#options.onWants(come, gone);
  }

  #forget(id: string): void {
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    this.#nodes.delete(id);
    this.#dropParts(node);
    this.#change(node, [], [...node.tracks]);
    if (node.ingest !== undefined) this.#options.onLeaderless();
  }
}
