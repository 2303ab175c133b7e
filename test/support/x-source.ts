// An X source and a stand-in for X on one clock. Keeps everything that reaches the sink.

import { onTestFinished } from 'vitest';
import type { Post } from '../../src/base/post.ts';
import { UserError } from '../../src/base/user-error.ts';
import type { Source, SourceState } from '../../src/source/source.ts';
import { Allowance, type AllowanceOptions } from '../../src/source/x/allowance.ts';
import { createX, type XOptions } from '../../src/source/x/x.ts';
import { parseTrack, type Track } from '../../src/track/track.ts';
import { FakeClock } from './fake-clock.ts';
import { type FakeX, type FakeXOptions, startFakeX } from './fake-x.ts';
import { tempFolder } from './temp-file.ts';
import { ticks, untilWith } from './until.ts';

const STEP_MS = 100;

export const TOKEN = 'a-secret-that-nobody-may-see';

export interface XSource {
  readonly clock: FakeClock;
  readonly x: FakeX;
  readonly source: Source;
  readonly posts: Post[];
  readonly bad: string[];
  readonly states: SourceState[];
  readonly rejected: { readonly track: Track; readonly message: string; readonly code: string }[];
  readonly warnings: string[];
  repeated: number;
  /** How many posts had been delivered at each gap. */
  readonly gaps: number[];
  /** Changed by `track` and `drop`. */
  readonly wanted: Set<Track>;
  track(query: string): Track;
  drop(track: Track): void;
  /** Tracks `query`, and waits until the stream is live. */
  live(query: string): Promise<Track>;
  /** Lets time pass in steps, so that X can answer in between. */
  pass(ms: number): Promise<void>;
  /** Lets time pass until `condition` holds. */
  eventually(condition: () => boolean, what?: string): Promise<void>;
}

export async function startXSource(
  options: Partial<XOptions & AllowanceOptions> & {
    readonly fake?: FakeXOptions;
    readonly clock?: FakeClock;
  } = {},
): Promise<XSource> {
  const { fake, clock = new FakeClock(), ...rest } = options;
  const x = await startFakeX({ clock, token: TOKEN, keepAliveMs: 10_000, ...fake });
  const kept: Omit<XSource, 'source'> = {
    clock,
    x,
    posts: [],
    bad: [],
    states: [],
    rejected: [],
    warnings: [],
    gaps: [],
    repeated: 0,
    wanted: new Set(),
    track(query) {
      const track = parse(query);
      kept.wanted.add(track);
      source.want(kept.wanted);
      return track;
    },
    drop(track) {
      kept.wanted.delete(track);
      source.want(kept.wanted);
    },
    async live(query) {
      const track = kept.track(query);
      await kept.eventually(() => source.state.name === 'live', 'live');
      return track;
    },
    async pass(ms) {
      for (let passed = 0; passed < ms; passed += STEP_MS) {
        clock.advance(STEP_MS);
        await ticks(2);
      }
    },
    eventually: (condition, what) => untilWith(clock, condition, what),
  };
  const warn = (message: string) => void kept.warnings.push(message);
  const source = createX(
    {
      url: x.url,
      token: TOKEN,
      maxRules: 1000,
      ruleLength: 1024,
      languages: ['en'],
      warn,
      random: () => 0,
      allowance: allowanceOf(clock, { warn, ...rest }),
      ...rest,
    },
    {
      post: (post) => kept.posts.push(post),
      bad: (reason) => kept.bad.push(reason),
      deleted: () => {},
      gap: () => kept.gaps.push(kept.posts.length),
      repeated: () => {
        result.repeated += 1;
      },
      rejected(track, error) {
        kept.rejected.push({ track, message: error.message, code: error.code });
        // As the multiplexer does.
        if (kept.wanted.delete(track)) source.want(kept.wanted);
      },
      state: (state) => kept.states.push(state),
    },
    clock,
  );
  const result: XSource = Object.assign(kept, { source });
  onTestFinished(async () => {
    const closing = source.close();
    // close() gives up its last request.
    for (let i = 0; i < 3; i++) {
      await ticks(3);
      clock.advance(5000);
    }
    await closing;
    await x.close();
  });
  return result;
}

export function parse(query: string): Track {
  const parsed = parseTrack(query);
  if (parsed instanceof UserError) throw parsed;
  return parsed;
}

let lastId = 1_970_000_000_000_000_000n;

/** A post as X sends it, with a new id. */
export function xPost(text: string, fields: Record<string, unknown> = {}) {
  lastId += 1n;
  return {
    id: String(lastId),
    text,
    lang: 'en',
    created_at: '2026-11-20T10:11:12.000Z',
    ...fields,
  };
}

/** An allowance of X whose counts are kept in a folder of their own. */
export function allowanceOf(clock: FakeClock, options: Partial<AllowanceOptions> = {}): Allowance {
  const usual = {
    dailyPosts: 10_000,
    monthlyPosts: 'none',
    dailyEstimates: 20,
    warn: () => {},
  } as const;
  return new Allowance({ ...usual, stateDir: tempFolder(), ...options }, clock);
}
