// A Mastodon source on stand-ins of its own, with the steps that its tests share.

import { onTestFinished } from 'vitest';
import { createMastodon } from '../../src/source/mastodon/mastodon.ts';
import type { SourceState } from '../../src/source/source.ts';
import { FakeClock } from './fake-clock.ts';
import { type FakeMastodon, startFakeMastodon } from './fake-mastodon.ts';
import { createRecordingSink } from './recording-sink.ts';
import { statusOf } from './statuses.ts';
import { track } from './tracks.ts';

export const NOBODY: ReadonlySet<never> = new Set();
export const SOMEBODY = new Set([track('tea')]);
export const TOKENS = ['a-token-of-the-first', 'a-token-of-the-second'] as const;

/** A source on `instances` stand-ins of its own, with a clock and a sink of its own. */
export async function setUpMastodon({
  instances: count = 1,
  tokens = TOKENS as readonly string[],
  path = '',
} = {}) {
  const clock = new FakeClock();
  const sink = createRecordingSink();
  const warnings: string[] = [];
  const instances: FakeMastodon[] = [];
  for (let i = 0; i < count; i++) {
    const instance = await startFakeMastodon({ token: TOKENS[i] });
    onTestFinished(() => instance.close());
    instances.push(instance);
  }
  const [mastodon, other] = instances as [FakeMastodon, FakeMastodon];
  const source = createMastodon(
    {
      urls: instances.map(({ url }) => url + path),
      tokens,
      random: () => 0,
      warn: (message) => warnings.push(message),
    },
    sink,
    clock,
  );
  onTestFinished(() => source.close());

  const is = (name: SourceState['name']) => sink.until(() => source.state.name === name);
  /** Every instance has taken a connection. */
  const live = async () => {
    source.want(SOMEBODY);
    await is('live');
    await sink.until(() => instances.every(({ open }) => open === 1));
  };
  /** Waits for a failure, and lets its wait pass. */
  const retry = async () => {
    await is('waiting');
    const { state } = source;
    if (state.name !== 'waiting') throw new Error(`it is ${state.name}`);
    clock.advance(state.until - clock.now());
    return state;
  };
  let n = 0;
  /** Tells of a new post, and gives its text. */
  const emit = (...on: readonly FakeMastodon[]) => {
    clock.advance(20);
    const text = `post ${n}`;
    for (const instance of on.length > 0 ? on : [mastodon]) {
      // Each instance has ids of its own.
      instance.emit(statusOf(n, { text }, 1e6 * (1 + instances.indexOf(instance))));
    }
    n += 1;
    return text;
  };
  const texts = () => sink.posts.map(({ text }) => text);
  const received = (posts: number) => sink.until(() => sink.posts.length >= posts);
  return { clock, sink, mastodon, other, source, warnings, is, live, retry, emit, texts, received };
}
