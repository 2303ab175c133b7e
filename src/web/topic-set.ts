// The topics on the page, each with its state, its view and its row of the summary.

import { AnalyzeDocument, TrackDocument } from '../../schema/operations.ts';
import { the } from './dom.ts';
import type { Moment } from './moment.ts';
import type { Range } from './range.ts';
import { hurry } from './retry.ts';
import type { Connection } from './server-connection.ts';
import { Summary, type Window } from './summary.ts';
import { recall, TopicPast } from './topic-past.ts';
import { freePlace } from './topic-sign.ts';
import { Topic } from './topic-state.ts';
import { createTopicView, type TopicActions } from './topic-view.ts';

/** A clock that is so far behind has slept, in milliseconds. */
const SLEEP = 2000;

export interface Followed {
  readonly topic: Topic;
  readonly view: ReturnType<typeof createTopicView>;
  readonly unfollow: () => void;
}

interface Surroundings {
  readonly connection: Connection;
  readonly moment: Moment;
  /** Whether posts of a topic that is not rejected come at the moment. */
  isListening(): boolean;
  /** The server does not follow the topic. */
  rejected(followed: Pick<Followed, 'topic' | 'view'>, reason: string): void;
  /** The server follows the topic after all. */
  accepted(topic: Topic): void;
  /** The server understands two topics as the same one. */
  repeated(first: Followed, second: Followed): void;
  /** The server has summed up the last posts of a topic. */
  summed(topic: Topic, window: Window): void;
  /** There is something new to draw. */
  changed(): void;
  /** What a person can do with a topic. */
  actions(track: string): Omit<TopicActions, 'explain'>;
}

export class TopicSet {
  all: readonly Followed[] = [];
  #range: Range;
  readonly #place = the('#topics', HTMLElement);
  readonly #summary: Summary;
  readonly #surroundings: Surroundings;

  constructor(range: Range, surroundings: Surroundings) {
    this.#range = range;
    this.#surroundings = surroundings;
    const { connection, summed } = surroundings;
    const body = the('#summary tbody', HTMLTableSectionElement);
    this.#summary = new Summary(body, connection, (topic, window) => {
      this.#hearTime(window.to);
      summed(topic, window);
    });
  }

  get range(): Range {
    return this.#range;
  }

  get topics(): readonly Topic[] {
    return this.all.map(({ topic }) => topic);
  }

  get tracks(): readonly string[] {
    return this.all.map(({ topic }) => topic.track);
  }

  /** Follows these tracks and no others. Topics that stay go on without a gap, except for `anew`, which begins again. */
  show(tracks: readonly string[], anew?: string): void {
    const kept: Followed[] = [];
    for (const followed of this.all) {
      const { topic, view, unfollow } = followed;
      if (topic.track !== anew && tracks.includes(topic.track)) {
        kept.push(followed);
        continue;
      }
      unfollow();
      topic.past?.stop();
      view.destroy();
    }
    const taken = kept.map(({ topic }) => topic.place);
    this.all = tracks.map((track) => {
      const known = kept.find(({ topic }) => topic.track === track);
      if (known) return known;
      const place = freePlace(taken);
      taken.push(place);
      return this.#follow(track, place);
    });
    // An element that is inserted again, even in its own place, loses the focus.
    this.all.forEach(({ view }, i) => {
      if (this.#place.children[i] !== view.element) {
        this.#place.insertBefore(view.element, this.#place.children[i] ?? null);
      }
    });
    this.#showRows();
    // What was stopped may leave a place to a topic that a limit rejected.
    hurry();
  }

  setRange(range: Range): void {
    this.#range = range;
    for (const { topic, view } of this.all) {
      this.#watchPast(topic);
      view.setRange(range);
    }
    this.#showRows();
  }

  /** Shows what the summary has got since the last time. */
  showSummary(): void {
    this.#summary.draw();
  }

  /** Posts come from now on, or no longer. */
  listen(now: number): void {
    for (const { topic } of this.all) topic.listen(this.#isListening(topic), now);
  }

  /** Posts may be missing since a time in the past. */
  doubt(since: number): void {
    const now = this.#surroundings.connection.clock.now();
    for (const { topic } of this.all) topic.doubt(since, now);
  }

  /** Asks for all that the page has missed. */
  catchUp(): void {
    for (const { topic } of this.all) this.#lookBack(topic);
    this.learn();
  }

  /** Asks how the server understands the topics, and which sources do not follow them. */
  learn(): void {
    for (const { topic } of this.all) void this.#learn(topic);
  }

  #showRows(): void {
    this.#summary.show(this.topics, this.#range);
  }

  /** Asks for what came while the page slept, which counts as not known until then. */
  #hearTime(time: string): void {
    const { clock } = this.#surroundings.connection;
    const before = clock.now();
    if (clock.catchUp(time) < SLEEP) return;
    this.doubt(before);
    this.catchUp();
  }

  #isListening({ rejection }: Topic): boolean {
    return rejection === undefined && this.#surroundings.isListening();
  }

  #follow(track: string, place: number): Followed {
    const { connection, moment, actions, rejected, accepted } = this.#surroundings;
    const { clock } = connection;
    const topic = new Topic(track, place);
    topic.listen(this.#isListening(topic), clock.now());
    const unfollow = connection.follow(track, {
      event: (event, notice) => topic.hear(event, clock.now(), notice),
      dropped: (count) => topic.drop(count),
      rejected: (reason) => {
        const isNew = topic.rejection === undefined;
        topic.reject(reason, clock.now());
        this.#showRows();
        if (isNew) rejected({ topic, view }, reason);
      },
      accepted: () => {
        topic.accept(this.#surroundings.isListening(), clock.now());
        this.#lookBack(topic);
        this.#showRows();
        accepted(topic);
      },
    });
    this.#watchPast(topic);
    this.#lookBack(topic);
    const view = createTopicView(topic, this.#range, moment, {
      ...actions(track),
      explain: async (text) => (await connection.ask(AnalyzeDocument, { text }))?.analyze.words,
    });
    void this.#learn(topic);
    return { topic, view, unfollow };
  }

  async #learn(topic: Topic): Promise<void> {
    const answer = await this.#surroundings.connection.ask(TrackDocument, { query: topic.track });
    if (answer === undefined) return;
    topic.canonical = answer.track.canonical;
    topic.rejectedBy = answer.track.rejectedBy;
    const [first, second] = this.all.filter((each) => each.topic.canonical === topic.canonical);
    if (first && second) this.#surroundings.repeated(first, second);
  }

  /** Starts to ask for the server's counts, if the range goes back beyond what the page counts itself. */
  #watchPast(topic: Topic): void {
    const { connection, changed } = this.#surroundings;
    topic.past?.stop();
    const answered = () => {
      this.#summary.refresh();
      changed();
    };
    topic.past =
      this.#range.bucket && new TopicPast(topic.track, this.#range, connection, answered);
  }

  /** Asks for what the page has missed. */
  #lookBack(topic: Topic): void {
    void recall(topic, this.#surroundings.connection);
    void topic.past?.ask();
  }
}
