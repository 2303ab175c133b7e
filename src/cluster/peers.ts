// The peers: the other nodes that have been heard lately, and the tracks that each of them wants.

import type { Clock } from '../base/clock.ts';
import type { Ingesting, NodeMessage } from './node-message.ts';
import { ROOM, type Taken, TrackSet } from './track-set.ts';

/** All times are of the monotonic clock. */
interface Peer {
  heardAt: number;
  listeners: number;
  ingest: Ingesting | undefined;
  readonly tracks: TrackSet;
  generation: number;
  /** Undefined while `tracks` are up to date. */
  behindSince: number | undefined;
  askedAt: number;
  /** The snapshot that is arriving: its next part, and the tracks that its parts so far have named. */
  snapshot: { next: number; readonly named: Set<string> } | undefined;
}

interface PeersOptions {
  readonly clock: Clock;
  /** A peer has added and dropped tracks. */
  readonly onInterest: (added: Iterable<string>, dropped: Iterable<string>) => void;
  /** Asks `node` for a snapshot. */
  readonly ask: (node: string) => void;
  /** `node` has sent no snapshot for a long time, although it was asked. */
  readonly onMute: (node: string) => void;
  /** The peer that ingested has stopped. */
  readonly onLeaderless: () => void;
}

/** How long a node listens before it believes that it has heard every peer, in milliseconds. */
const SETTLE_MS = 2000;
/** A node that makes no pass for this long was asleep, in milliseconds. */
const ASLEEP_AFTER_MS = 2000;
/** A peer that is silent for this long is forgotten, with all that it wants; in milliseconds. */
export const GONE_AFTER_MS = 10_000;
/** A node that starts to ingest does not wait for peers that are silent for this long, in milliseconds. */
const SILENT_AFTER_MS = 3000;
/** Nor does it wait for peers that are heard but send no snapshot for this long, in milliseconds. */
const MUTE_AFTER_MS = 15_000;
/** The shortest time between two requests to one peer, in milliseconds. Each `alive`, once a second, may cause one. */
const ASK_EVERY_MS = 900;
const MAX_PEERS = 1000;
/** A pass forgets no more silent peers once it has forgotten this many tracks: a million take two seconds. */
export const FORGOTTEN_AT_ONCE = 100_000;
const NO_ROOM = `the nodes want more tracks than can be known: ${ROOM.tracksOfPeer} of one node, or ${ROOM.tracks} or ${ROOM.characters} characters of all`;

export class Peers {
  readonly #options: PeersOptions;
  readonly #peers = new Map<string, Peer>();
  readonly #taken: Taken = { tracks: 0, characters: 0 };
  #mutedAt = Number.NEGATIVE_INFINITY;
  #connectedAt = Number.POSITIVE_INFINITY;
  /** No peer counts as silent for the time before. */
  #excusedUntil = Number.NEGATIVE_INFINITY;
  /** When silent peers were last forgotten. */
  #passedAt = Number.POSITIVE_INFINITY;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#peers.size;
  }

  get listeners(): number {
    return this.#peers.values().reduce((sum, { listeners }) => sum + listeners, 0);
  }

  /** What a peer says about its ingesting; undefined if it has been silent. */
  ingesting(id: string): Ingesting | undefined {
    const peer = this.#peers.get(id);
    return peer && this.#silence(peer) <= SILENT_AFTER_MS ? peer.ingest : undefined;
  }

  /** This node is connected, and hears its peers from now on. */
  connected(): void {
    this.#connectedAt = this.#options.clock.monotonic();
    this.#excusedUntil = this.#connectedAt;
  }

  /** Whether this node, which has waited since `since`, knows the tracks of every peer that it can wait for. */
  isInformed(since: number): boolean {
    const now = this.#options.clock.monotonic();
    if (now - this.#connectedAt < SETTLE_MS) return false;
    // A series of peers that never send a snapshot must not keep this node from ingesting.
    if (now - since > MUTE_AFTER_MS) return true;
    return this.#peers.values().every((peer) => {
      const { behindSince } = peer;
      if (behindSince === undefined || now - behindSince > MUTE_AFTER_MS) return true;
      return this.#silence(peer) > SILENT_AFTER_MS;
    });
  }

  /** Takes a message in. Returns the reason if there is no room for it. */
  receive(message: NodeMessage): string | undefined {
    const { node: id } = message;
    if (message.kind === 'bye') {
      this.#forget(id);
      return undefined;
    }
    const peer = this.#at(id);
    if (peer === undefined) return `there are more than ${MAX_PEERS} nodes`;
    peer.heardAt = this.#options.clock.monotonic();
    if (message.kind === 'alive') this.#onAlive(peer, message);
    else if (message.kind === 'update') return this.#change(peer, message.added, message.dropped);
    else if (message.kind === 'snapshot') return this.#takePart(peer, message);
    return undefined;
  }

  /**
   * Forgets peers that have been silent for too long. If they want many tracks, some are left for the next pass.
   * Call it every second while connected.
   */
  forgetSilent(): void {
    const now = this.#options.clock.monotonic();
    // After a long sleep, this node was the silent one: its peers' messages still wait in the socket.
    if (now - this.#passedAt > ASLEEP_AFTER_MS) this.#excusedUntil = now;
    this.#passedAt = now;
    const enough = this.#taken.tracks - FORGOTTEN_AT_ONCE;
    for (const [id, peer] of this.#peers) {
      if (this.#silence(peer) > GONE_AFTER_MS) this.#forget(id);
      if (this.#taken.tracks <= enough) return;
    }
  }

  #silence({ heardAt }: Peer): number {
    return this.#options.clock.monotonic() - Math.max(heardAt, this.#excusedUntil);
  }

  #at(id: string): Peer | undefined {
    const known = this.#peers.get(id);
    if (known !== undefined || this.#peers.size >= MAX_PEERS) return known;
    const peer: Peer = {
      heardAt: 0,
      listeners: 0,
      ingest: undefined,
      tracks: new TrackSet(this.#taken),
      generation: 0,
      behindSince: undefined,
      askedAt: Number.NEGATIVE_INFINITY,
      snapshot: undefined,
    };
    this.#peers.set(id, peer);
    return peer;
  }

  #onAlive(peer: Peer, message: NodeMessage & { kind: 'alive' }): void {
    const { node, listeners, ingest, generation, digest } = message;
    const hasStopped = peer.ingest !== undefined && ingest === undefined;
    peer.listeners = listeners;
    peer.ingest = ingest;
    if (generation !== peer.generation || digest !== peer.tracks.digest) this.#ask(node, peer);
    else peer.behindSince = undefined;
    if (hasStopped) this.#options.onLeaderless();
  }

  #ask(id: string, peer: Peer): void {
    const now = this.#options.clock.monotonic();
    peer.behindSince ??= now;
    if (now - peer.behindSince > MUTE_AFTER_MS && now - this.#mutedAt > MUTE_AFTER_MS) {
      this.#mutedAt = now;
      this.#options.onMute(id);
    }
    if (now - peer.askedAt < ASK_EVERY_MS) return;
    peer.askedAt = now;
    this.#options.ask(id);
  }

  /** The last part drops the tracks that no part has named, unless a part is missing. */
  #takePart(peer: Peer, message: NodeMessage & { kind: 'snapshot' }): string | undefined {
    const { generation, part, parts, tracks } = message;
    // Another node may have asked for it.
    if (peer.behindSince === undefined) return undefined;
    if (part === 0) peer.snapshot = { next: 0, named: new Set() };
    const { snapshot } = peer;
    if (snapshot?.next !== part) {
      peer.snapshot = undefined;
      return undefined;
    }
    snapshot.next += 1;
    const noRoom = this.#change(peer, tracks, []);
    // Tracks that found no room are not kept here either.
    for (const track of tracks) if (peer.tracks.has(track)) snapshot.named.add(track);
    if (snapshot.next < parts) return noRoom;
    peer.snapshot = undefined;
    peer.generation = generation;
    if (noRoom === undefined) peer.behindSince = undefined;
    const unnamed = [...peer.tracks].filter((track) => !snapshot.named.has(track));
    this.#change(peer, [], unnamed);
    return noRoom;
  }

  #change(peer: Peer, added: readonly string[], dropped: Iterable<string>): string | undefined {
    const gone = [...dropped].filter((track) => peer.tracks.delete(track));
    const fits = peer.tracks.fits(added);
    const come = fits ? added.filter((track) => peer.tracks.add(track)) : [];
    this.#options.onInterest(come, gone);
    return fits ? undefined : NO_ROOM;
  }

  #forget(id: string): void {
    const peer = this.#peers.get(id);
    if (peer === undefined) return;
    this.#peers.delete(id);
    this.#change(peer, [], peer.tracks);
    if (peer.ingest !== undefined) this.#options.onLeaderless();
  }
}
