// Several sources as one. Each has its own state and schedule, and its posts pass in the order in which they arrive.

import type { Clock } from '../base/clock.ts';
import { UserError } from '../base/user-error.ts';
import { isAt, type Track } from '../track/track.ts';
import type { Rejection, Source, SourceSink, SourceState, Tracks } from './source.ts';

type MakeSource = (sink: SourceSink) => Source;

interface MergedOptions {
  readonly clock: Clock;
  /** Takes sentences for the log. */
  readonly warn: (message: string) => void;
}

interface Part {
  readonly source: Source;
  /**
   * The source has rejected all its tracks, and is asked for them again. Until it is live, it counts as idle. Otherwise
   * each new attempt would look like an outage, though the source delivers nothing either way.
   */
  isProbed: boolean;
  /** `live` once it has been live since it began, and `out` if it was out before. */
  was: 'live' | 'out' | undefined;
  /** The wanted tracks that the source cannot deliver, by their canonical forms. */
  readonly rejected: Map<string, { readonly track: Track; readonly error: UserError }>;
}

/** An upstream may have room later. In milliseconds. */
export const TRY_AGAIN_MS = 60_000;
const IDLE: SourceState = { name: 'idle' };
/** The merged source has the first of these states that any part has. */
const BEST_FIRST = ['live', 'connecting', 'waiting', 'paused', 'idle'] as const;

/**
 * Makes one source of those that `makes` make. A track that one part cannot deliver is still delivered by the others;
 * it is rejected if no part can deliver it.
 */
export function mergeSources(
  makes: readonly MakeSource[],
  sink: SourceSink,
  { clock, warn }: MergedOptions,
): Source {
  const parts: readonly Part[] = makes.map(makePart);
  const sources = parts.map(shown);
  let wanted: Tracks = new Set();
  let cancel: (() => void) | undefined;
  let isClosed = false;

  function makePart(make: MakeSource): Part {
    const source: Source = make({
      ...sink,
      bad: (reason) => sink.bad(reason, source.name),
      repeated: () => sink.repeated(source.name),
      deleted: (id) => sink.deleted(id, source.name),
      gap: () => sink.gap(source.name),
      rejected: (track, error) => reject(part, track, error),
      state: (state) => change(part, state),
    });
    const part: Part = { source, isProbed: false, was: undefined, rejected: new Map() };
    return part;
  }

  /** A topic begins with the first source that is live. One that was out meanwhile may have missed posts since then. */
  function change(part: Part, state: SourceState): void {
    const { name } = part.source;
    if (part.isProbed) {
      if (state.name === 'connecting') return;
      part.isProbed = false;
      if (state.name === 'idle') return;
    }
    const isLate = state.name === 'live' && part.was === 'out';
    if (state.name === 'idle') part.was = undefined;
    else if (state.name === 'live') part.was = 'live';
    else if (state.name !== 'connecting') part.was ??= 'out';
    if (isLate) sink.gap(name);
    sink.state(state, name);
  }

  function tell(part: Part): void {
    part.source.want(tracksOf(part, wanted));
  }

  function reject(part: Part, track: Track, error: UserError): void {
    if (!wanted.has(track)) return;
    const { canonical } = track;
    part.rejected.set(canonical, { track, error });
    const asked = parts.filter(({ source }) => isAt(track, source.name));
    const reasons = asked.flatMap(({ source, rejected }) => {
      const reason = rejected.get(canonical)?.error.message;
      return reason === undefined ? [] : [`${source.name}: ${reason}`];
    });
    if (reasons.length === asked.length) {
      const all = new UserError(error.code, reasons.join(' '));
      sink.rejected(track, asked.length === 1 ? error : all);
      return;
    }
    warn(`"${canonical}" is not followed at ${part.source.name} for now: ${error.message}`);
    tell(part);
    cancel ??= clock.after(TRY_AGAIN_MS, tryAgain);
  }

  function tryAgain(): void {
    cancel = undefined;
    for (const part of parts) {
      if (part.rejected.size === 0) continue;
      part.isProbed = part.source.state.name === 'idle';
      part.rejected.clear();
      tell(part);
    }
  }

  return {
    name: sources.map(({ name }) => name).join(','),
    isTextPublic: sources.every(({ isTextPublic }) => isTextPublic),
    parts: sources,
    get state() {
      return best(sources);
    },
    get usage() {
      return sources.find(({ usage }) => usage !== undefined)?.usage;
    },
    get rejections() {
      return parts.flatMap(({ source, rejected }) =>
        [...rejected.values()].map(({ track, error }): Rejection => {
          return { track: track.canonical, source: source.name, reason: error.message };
        }),
      );
    },
    want(tracks) {
      if (isClosed) return;
      wanted = tracks;
      for (const part of parts) {
        // What else is wanted may be missing until the source is live.
        const { isProbed } = part;
        part.isProbed = false;
        if (isProbed && part.source.state.name !== 'idle') change(part, part.source.state);
        for (const [name, { track }] of part.rejected) {
          if (!tracks.has(track)) part.rejected.delete(name);
        }
        tell(part);
      }
    },
    async close(options) {
      isClosed = true;
      cancel?.();
      await Promise.all(sources.map((source) => source.close(options)));
    },
  };
}

function shown(part: Part): Source {
  const { source } = part;
  return {
    name: source.name,
    isTextPublic: source.isTextPublic,
    get state() {
      return part.isProbed ? IDLE : source.state;
    },
    get usage() {
      return source.usage;
    },
    want: (tracks) => source.want(tracks),
    close: (options) => source.close(options),
  };
}

function best(sources: readonly Source[]): SourceState {
  const states = sources.map(({ state }) => state);
  for (const name of BEST_FIRST) {
    const state = states.find((each) => each.name === name);
    if (state !== undefined) return state;
  }
  return { name: 'idle' };
}

/** Those of `tracks` that a part is to deliver. Nothing is copied: there may be many, and changes come often. */
function tracksOf({ source, rejected }: Part, tracks: Tracks): Tracks {
  const isOf = (track: Track) => isAt(track, source.name) && !rejected.has(track.canonical);
  return {
    get size() {
      return (tracks.countAt?.(source.name) ?? tracks.size) - rejected.size;
    },
    has: (track) => tracks.has(track) && isOf(track),
    *[Symbol.iterator]() {
      for (const track of tracks) if (isOf(track)) yield track;
    },
  };
}
