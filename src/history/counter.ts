// Counts the events of the running minute, topic by topic. It works in the thread of the store.

import { type CountMessage, readCounted } from './count-message.ts';
import { RunningMinute } from './running-minute.ts';
import type { Counter, EndedMinute, MinuteBatch, TopicCounts } from './store.ts';

export class MinuteCounter implements Counter {
  /** The topics that are followed, by their slots. */
  readonly #topics: (string | undefined)[] = [];
  readonly #slots = new Map<string, number>();
  #counted = new RunningMinute();

  follow(slot: number, topic: string): void {
    this.#topics[slot] = topic;
    this.#slots.set(topic, slot);
    this.#counted.open(slot);
  }

  leave(slot: number): void {
    const topic = this.#topics[slot];
    if (topic === undefined) return;
    this.#topics[slot] = undefined;
    this.#slots.delete(topic);
    this.#counted.close(slot, topic);
  }

  count(message: CountMessage): void {
    readCounted(message, (event, slots, from, to) => {
      this.#counted.add(event, slots, from, to);
    });
  }

  forget(): void {
    this.#counted = new RunningMinute(this.#topics.length - 1);
  }

  /** What the running minute has of a topic: one for each source, or more if the topic was closed meanwhile. */
  running(topic: string): TopicCounts[] {
    return [...this.#counted.ofTopic(topic, this.#slots.get(topic))];
  }

  /** Ends the running minute, and begins the next one. */
  end({ minute, end, complete, completeClosed }: EndedMinute): MinuteBatch {
    const counts = [...this.#counted.all(this.#topics)];
    const names = Array.from(complete, (slot) => this.#topics[slot]);
    this.forget();
    return {
      minute,
      end,
      counts,
      complete: [...names.filter((name) => name !== undefined), ...completeClosed],
    };
  }
}
