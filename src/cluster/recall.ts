// Reads the past of tracks at any node. What this node lacks, it asks the node that ingests for, and then keeps it, so
// that each listener reads it here.

import type { Clock } from '../base/clock.ts';
import type { Position } from '../base/position.ts';
import type { Past, PastReader, Start, Stretch } from '../stream/recorder.ts';
import type { Relay } from '../stream/relay.ts';
import type { Track } from '../track/track.ts';
import type { Delivery } from './delivery.ts';
import type { Election } from './election.ts';
import type { Interest } from './interest.ts';
import { ANSWERED_WITHIN_MS, QUESTIONS_AT_ONCE, RecallAnswers } from './recall-answers.ts';
import {
  type Answer,
  decodeAnswer,
  decodeQuestion,
  encodeQuestion,
  readAnswerHeader,
  recallChannels,
} from './recall-message.ts';
import type { Term } from './term.ts';

interface RecallOptions {
  /** The id of this node. */
  readonly id: string;
  readonly clock: Clock;
  readonly relay: Relay;
  readonly past: Past;
  readonly postText: boolean;
  readonly election: Pick<Election, 'term' | 'leader'>;
  readonly interest: Pick<Interest, 'of'>;
  readonly delivery: Pick<Delivery<unknown>, 'continueFrom'>;
  /** Tells the peers of all tracks that this node wants. */
  readonly flush: () => void;
  readonly onBad: (what: string) => void;
}

interface Listener {
  readonly start: Start;
  readonly then: (reader: PastReader) => void;
}

/** A track whose listeners wait for events that this node may lack. */
interface Search {
  readonly track: Track;
  listeners: Listener[];
  /** The question that was asked, and where the last answer began. */
  id: number | undefined;
  until: Position | undefined;
  readonly cancelLimit: () => void;
}

/** How long questions are gathered, in milliseconds. Listeners often come together. */
const GATHER_MS = 10;
/** How long a node waits before it tries again to ask, in milliseconds. */
const AGAIN_IN_MS = 50;
/** A node that ingests and has sent everything of a track is not asked again for this long, in milliseconds. */
const TOLD_FOR_MS = 10_000;

export class Recall {
  readonly #options: RecallOptions;
  readonly #answers: RecallAnswers;
  readonly #searches = new Map<string, Search>();
  /** Searches without a question, the oldest first. */
  readonly #due = new Set<Search>();
  readonly #asked = new Map<number, Search>();
  /** When the node that ingests had sent everything of a track, by the monotonic clock, and in which term. */
  readonly #told = new Map<string, { readonly at: number; readonly term: Term | undefined }>();
  #questions = 0;
  #cancel: (() => void) | undefined;

  constructor(options: RecallOptions) {
    const { id, relay, onBad } = options;
    this.#options = options;
    this.#answers = new RecallAnswers(options);
    const { questions, answers } = recallChannels(id);
    relay.listen(questions, (bytes) => {
      const question = decodeQuestion(bytes);
      if (question === undefined) onBad('a question');
      else this.#answers.add(question);
    });
    relay.listen(answers, (bytes) => this.#receive(bytes));
  }

  /** Calls `then` with a reader of an open track: at once if this node lacks nothing, or within two seconds. */
  read(track: Track, start: Start, then: (reader: PastReader) => void): void {
    const { past, clock, election } = this.#options;
    const { canonical } = track;
    const reader = past.read(track, start);
    const told = this.#told.get(canonical);
    const wasTold =
      told !== undefined &&
      told.term === election.term &&
      clock.monotonic() - told.at < TOLD_FOR_MS;
    if (reader.isComplete || wasTold || election.leader !== undefined) then(reader);
    else {
      const search = this.#searches.get(canonical) ?? this.#begin(track);
      search.listeners.push({ start, then });
    }
  }

  close({ canonical }: Track): void {
    const search = this.#searches.get(canonical);
    if (search !== undefined) this.#end(search);
    this.#told.delete(canonical);
  }

  stop(): void {
    this.#answers.stop();
    for (const search of this.#searches.values()) this.#end(search);
    this.#cancel?.();
  }

  #begin(track: Track): Search {
    const search: Search = {
      track,
      listeners: [],
      id: undefined,
      until: undefined,
      cancelLimit: this.#options.clock.after(ANSWERED_WITHIN_MS, () => this.#giveUp(search)),
    };
    this.#searches.set(track.canonical, search);
    this.#due.add(search);
    this.#askIn(GATHER_MS);
    return search;
  }

  #askIn(ms: number): void {
    if (this.#due.size > 0) this.#cancel ??= this.#options.clock.after(ms, () => this.#ask());
  }

  #ask(): void {
    const { relay, election, flush } = this.#options;
    this.#cancel = undefined;
    // This node ingests since a moment ago.
    if (election.leader !== undefined) for (const search of this.#due) this.#giveUp(search);
    if (election.term === undefined || relay.offlineReason !== undefined) {
      this.#askIn(AGAIN_IN_MS);
      return;
    }
    // Events that come after the answer must arrive here, too.
    flush();
    for (const search of this.#due) {
      if (this.#asked.size >= QUESTIONS_AT_ONCE) return;
      if (!this.#send(search, election.term)) {
        this.#askIn(AGAIN_IN_MS);
        return;
      }
    }
  }

  #send(search: Search, { node: leader, epoch }: Term): boolean {
    const { id: node, relay } = this.#options;
    const { track, until, listeners } = search;
    const id = this.#questions;
    const question = { node, epoch, id, track: track.canonical, until, ...earliest(listeners) };
    if (!relay.send(recallChannels(leader).questions, encodeQuestion(question))) return false;
    this.#questions += 1;
    this.#due.delete(search);
    this.#asked.set(id, search);
    search.id = id;
    return true;
  }

  #receive(bytes: Uint8Array): void {
    const { election, postText, onBad } = this.#options;
    const { term } = election;
    const header = readAnswerHeader(bytes);
    const search = header && this.#asked.get(header.id);
    // It may be late.
    if (search === undefined || header?.epoch !== term?.epoch) return;
    const answer = decodeAnswer(bytes, postText);
    if (answer === undefined || !isUntil(answer.stretch, search.until)) onBad('an answer');
    else {
      this.#forget(search);
      this.#take(search, answer);
      this.#askIn(0);
    }
  }

  #take(search: Search, { stretch, sequence }: Answer): void {
    const { past, election, delivery, clock } = this.#options;
    const { track, until, listeners } = search;
    const { since, isAll } = stretch;
    if (until === undefined) delivery.continueFrom(track, sequence, stretch);
    past.fill(track, stretch);
    // An answer to a first question is empty, too, if its listeners lack nothing.
    const isTold = isAll || (until !== undefined && since.number === stretch.until.number);
    if (isTold) this.#told.set(track.canonical, { at: clock.monotonic(), term: election.term });
    search.until = since;
    search.listeners = [];
    for (const listener of listeners) {
      const { start, then } = listener;
      const reader = past.read(track, start);
      if (isTold || reader.isComplete || reaches(since, start)) then(reader);
      else search.listeners.push(listener);
    }
    if (search.listeners.length === 0) this.#end(search);
    else if (this.#searches.get(track.canonical) === search) this.#due.add(search);
  }

  /** Lets all listeners read what this node has. */
  #giveUp(search: Search): void {
    const { track, listeners } = search;
    this.#end(search);
    for (const { start, then } of listeners) then(this.#options.past.read(track, start));
  }

  #end(search: Search): void {
    const { canonical } = search.track;
    search.cancelLimit();
    if (this.#searches.get(canonical) === search) this.#searches.delete(canonical);
    this.#forget(search);
    this.#askIn(0);
  }

  /** Ignores an answer that may still come. */
  #forget(search: Search): void {
    this.#due.delete(search);
    if (search.id !== undefined) this.#asked.delete(search.id);
    search.id = undefined;
  }
}

/** From where on some of the listeners may lack events. */
function earliest(listeners: readonly Listener[]): { after?: Position; last?: number } {
  let after: Position | undefined;
  let last: number | undefined;
  for (const { start } of listeners) {
    if ('last' in start) last = Math.max(last ?? 0, start.last);
    else if (after === undefined || !reaches(after, start)) after = start.after;
  }
  return { ...(after && { after }), ...(last !== undefined && { last }) };
}

/** Whether nothing between `start` and `since` can be missing. */
function reaches(since: Position, start: Start): boolean {
  if ('last' in start) return false;
  const { epoch, number, time } = start.after;
  return since.epoch === epoch ? since.number <= number : since.time <= time;
}

function isUntil({ until }: Stretch, asked: Position | undefined): boolean {
  return asked === undefined || (until.epoch === asked.epoch && until.number === asked.number);
}
