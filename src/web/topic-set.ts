// The topics on the page, each with its state, its view and its row of the summary.

import { AnalyzeDocument, TrackDocument } from '../../schema/operations.ts';
import { the } from './dom.ts';
import type { Moment } from './moment.ts';
import type { Range } from './range.ts';
import type { Connection } from './server-connection.ts';
import { addSummary } from './summary.ts';
import { recall, TopicPast } from './topic-past.ts';
import { Topic } from './topic-state.ts';
import { createTopicView, type TopicActions } from './topic-view.ts';

export interface Followed {
  readonly topic: Topic;
  readonly view: ReturnType<typeof createTopicView>;
  readonly unfollow: () => void;
  /** Takes its row out of the summary. */
  leaveSummary: () => void;
}

interface Surroundings {
  readonly connection: Connection;
  readonly moment: Moment;
  /** Whether posts of a topic that is not rejected come at the moment. */
  isListening(): boolean;
  /** The server does not follow the topic. */
  rejected(followed: Pick<Followed, 'topic' | 'view'>, reason: string): void;
  /** There is something new to draw. */
  changed(): void;
  /** What a person can do with a topic. */
  actions(track: string): Omit<TopicActions, 'explain'>;
}

export class TopicSet {
  all: readonly Followed[] = [];
  #range: Range;
  readonly #place = the('#topics', HTMLElement);
  readonly #summary = the('#summary tbody', HTMLTableSectionElement);
  readonly #surroundings: Surroundings;

  constructor(range: Range, surroundings: Surroundings) {
    this.#range = range;
    this.#surroundings = surroundings;
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

  /** Follows these tracks and no others. Topics that stay go on without a gap. */
  show(tracks: readonly string[]): void {
    const before = this.all;
    for (const { topic, view, unfollow, leaveSummary } of before) {
      if (tracks.includes(topic.track)) continue;
      unfollow();
      leaveSummary();
      topic.past?.stop();
      view.destroy();
    }
    this.all = tracks.map(
      (track) => before.find(({ topic }) => topic.track === track) ?? this.#follow(track),
    );
    // An element that is inserted again, even in its own place, loses the focus.
    this.all.forEach(({ view }, i) => {
      if (this.#place.children[i] !== view.element) {
        this.#place.insertBefore(view.element, this.#place.children[i] ?? null);
      }
    });
    this.#showSummary();
  }

  setRange(range: Range): void {
    this.#range = range;
    for (const { topic, view } of this.all) {
      this.#watchPast(topic);
      view.setRange(range);
    }
    this.#showSummary();
  }

  /** Posts come from now on, or no longer. */
  listen(now: number): void {
    for (const { topic } of this.all) topic.listen(this.#isListening(topic), now);
  }

  /** Asks for all that the page has missed. */
  catchUp(): void {
    for (const { topic } of this.all) {
      void this.#learn(topic);
      this.#lookBack(topic);
    }
  }

  #isListening({ rejection }: Topic): boolean {
    return rejection === undefined && this.#surroundings.isListening();
  }

  #follow(track: string): Followed {
    const { connection, moment, actions, rejected } = this.#surroundings;
    const topic = new Topic(track);
    topic.listen(this.#isListening(topic), Date.now());
    const unfollow = connection.follow(track, {
      event: (event, notice) => topic.hear(event, Date.now(), notice),
      dropped: (count) => topic.drop(count),
      rejected(reason) {
        topic.reject(reason, Date.now());
        rejected({ topic, view }, reason);
      },
    });
    this.#watchPast(topic);
    this.#lookBack(topic);
    const view = createTopicView(topic, this.#range, moment, {
      ...actions(track),
      explain: async (text) => (await connection.ask(AnalyzeDocument, { text }))?.analyze.words,
    });
    void this.#learn(topic);
    return { topic, view, unfollow, leaveSummary: () => {} };
  }

  /** Makes the rows anew, in the order of the topics. Equal windows cost the server nothing. */
  #showSummary(): void {
    const { connection } = this.#surroundings;
    for (const each of this.all) {
      each.leaveSummary();
      each.leaveSummary = addSummary(this.#summary, each.topic, this.#range, connection);
    }
  }

  /** Asks how the server understands the topic. */
  async #learn(topic: Topic): Promise<void> {
    if (topic.canonical !== undefined) return;
    const answer = await this.#surroundings.connection.ask(TrackDocument, { query: topic.track });
    topic.canonical = answer?.track.canonical;
  }

  /** Has the server's counts asked for, if the range goes back beyond what the page counts itself. */
  #watchPast(topic: Topic): void {
    const { connection, changed } = this.#surroundings;
    topic.past?.stop();
    topic.past = this.#range.bucket && new TopicPast(topic.track, this.#range, connection, changed);
  }

  /** Asks for what the page has missed. */
  #lookBack(topic: Topic): void {
    void recall(topic, this.#surroundings.connection);
    void topic.past?.ask();
  }
}
