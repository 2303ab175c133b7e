// The side of the node that ingests: it answers the other nodes, in turn, with what it keeps of their tracks.

import type { Clock } from '../base/clock.ts';
import { TokenBucket } from '../base/token-bucket.ts';
import type { Past } from '../stream/recorder.ts';
import type { Relay } from '../stream/relay.ts';
import type { Election } from './election.ts';
import type { Interest, Want } from './interest.ts';
import type { Leader } from './leader.ts';
import { encodeAnswer, type Question, recallChannels, startsOf } from './recall-message.ts';

interface RecallAnswersOptions {
  readonly clock: Clock;
  readonly relay: Pick<Relay, 'send' | 'offlineReason'>;
  readonly past: Pick<Past, 'stretch'>;
  readonly election: Pick<Election, 'term' | 'leader'>;
  /** What all nodes together want. */
  readonly interest: Pick<Interest, 'of'>;
}

interface Waiting {
  readonly question: Omit<Question, 'track'>;
  /** Holds the text of the track, so that questions take no memory for it. */
  readonly want: Want;
  readonly askedAt: number;
}

/** The most questions of one node at once. Further ones are ignored. */
export const QUESTIONS_AT_ONCE = 128;
/** A node does not wait longer for an answer, in milliseconds. */
export const ANSWERED_WITHIN_MS = 2000;
/** What all answers together may take in a second, and in one go. */
const BYTES = { aSecond: 8 * 1024 * 1024, atOnce: 1024 * 1024 } as const;
/** A question takes time, even if the answer is small. */
const LEAST_BYTES = 256;
/** The most nodes that may wait for answers. */
const MAX_NODES = 200;
/** Answers of one tick take about two milliseconds. */
const BYTES_A_TICK = 128 * 1024;
/** The share of the relay's room that answers may take, so that they never displace an event. */
const SHARE = 0.25;
const AGAIN_IN_MS = 50;
/** The most entries of an answer, however small they are. */
const MAX_ENTRIES = 1000;

export class RecallAnswers {
  readonly #options: RecallAnswersOptions;
  /** By node, the one whose turn it is first. */
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #budget: TokenBucket;
  #cancel: (() => void) | undefined;

  constructor(options: RecallAnswersOptions) {
    this.#options = options;
    this.#budget = new TokenBucket(BYTES.aSecond, BYTES.atOnce, options.clock.monotonic());
  }

  add({ track, ...question }: Question): void {
    const { clock, interest } = this.#options;
    const want = interest.of(track);
    const { node } = question;
    if (want === undefined || this.#leaderOf(question) === undefined) return;
    const ofNode = this.#waiting.get(node) ?? [];
    const isNew = ofNode.length === 0;
    if (isNew ? this.#waiting.size >= MAX_NODES : ofNode.length >= QUESTIONS_AT_ONCE) return;
    ofNode.push({ question, want, askedAt: clock.monotonic() });
    this.#waiting.set(node, ofNode);
    this.#cancel ??= clock.after(0, () => this.#work());
  }

  stop(): void {
    this.#cancel?.();
    this.#waiting.clear();
  }

  #work(): void {
    const { clock } = this.#options;
    this.#cancel = undefined;
    let wait = 0;
    let bytes = 0;
    while (this.#waiting.size > 0 && wait === 0 && bytes < BYTES_A_TICK) {
      wait = this.#budget.wait(clock.monotonic());
      if (wait > 0) break;
      const [next] = this.#waiting.values().next().value ?? [];
      const sent = next && this.#answer(next);
      if (sent === 'later') wait = AGAIN_IN_MS;
      else {
        this.#shift();
        bytes += LEAST_BYTES + (sent ?? 0);
        this.#budget.charge(clock.monotonic(), LEAST_BYTES + (sent ?? 0));
      }
    }
    if (this.#waiting.size > 0) this.#cancel = clock.after(wait, () => this.#work());
  }

  /** Removes the first question, so that the next node comes first. */
  #shift(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    const [node, [, ...rest]] = first;
    this.#waiting.delete(node);
    if (rest.length > 0) this.#waiting.set(node, rest);
  }

  /** Returns the size of the answer; undefined if there is none. */
  #answer({ question, want, askedAt }: Waiting): number | 'later' | undefined {
    const { clock, relay, past } = this.#options;
    const { node } = question;
    const leader = this.#leaderOf(question);
    if (leader === undefined || clock.monotonic() - askedAt > ANSWERED_WITHIN_MS) return undefined;
    // It may be about to open the track.
    if (leader.isWorking) return 'later';
    const place = leader.placeOf(want);
    if (place === undefined) return undefined;
    const { track, sequence, position } = place;
    const { until = position } = question;
    // The node may have forged it.
    if (until.epoch !== position.epoch || until.number > position.number) return undefined;
    const starts = startsOf(question);
    const stretch = past.stretch(track, starts, until, MAX_ENTRIES);
    const message = encodeAnswer(question, { sequence, stretch });
    if (relay.send(recallChannels(node).answers, message, SHARE)) return message.length;
    return relay.offlineReason === undefined ? 'later' : undefined;
  }

  /** Undefined if this node does not ingest in the term in which it was asked. */
  #leaderOf({ epoch }: Pick<Question, 'epoch'>): Leader | undefined {
    const { term, leader } = this.#options.election;
    return epoch === term?.epoch ? leader : undefined;
  }
}
