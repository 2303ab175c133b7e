// X: the filtered stream. Wanted tracks become rules, and one connection delivers what they match.

import type { Clock } from '../../base/clock.ts';
import type { Languages } from '../../base/post.ts';
import { Recent } from '../../base/seen-keys.ts';
import { UserError } from '../../base/user-error.ts';
import type { Track } from '../../track/track.ts';
import type { Line } from '../lines.ts';
import { lingering } from '../linger.ts';
import type { CloseOptions, Source, SourceSink, SourceState } from '../source.ts';
import { Allowance } from './allowance.ts';
import type { Failure } from './failure.ts';
import { CONNECTS_A_WINDOW } from './limits.ts';
import { readRecord } from './record.ts';
import { Budget } from './request-budget.ts';
import { frameRule } from './rule-text.ts';
import { Rules } from './rules.ts';
import { createRulesApi } from './rules-api.ts';
import { type FailureRow, openStream, type StreamState } from './stream.ts';

export interface XOptions {
  /** Of X's API, with a slash at the end. */
  readonly url: string;
  readonly token: string;
  /** How many rules the account may have, and of how many characters. */
  readonly maxRules: number;
  readonly ruleLength: number;
  readonly languages: Languages;
  /** Posts that may be read, and so paid for, in a UTC day. */
  readonly dailyPosts: number | 'none';
  /** The folder where the day's count is kept. */
  readonly stateDir: string;
  /** Told what somebody should look after, as money that runs short. Never a secret. */
  readonly warn: (message: string) => void;
  readonly random?: () => number;
}

/** While paused, how often the wall clock is looked at, in milliseconds: it may be set meanwhile. */
const LOOK_EVERY_MS = 60_000;
/**
 * Posts remembered to tell repeats, and as many that are paid for: over three minutes at the 250 a second
 * that X delivers at most.
 */
const RECENT_POSTS = 50_000;

export function createX(options: XOptions, sink: SourceSink, clock: Clock): Source {
  const { url, token, warn, random = Math.random } = options;
  const allowance = new Allowance({
    daily: options.dailyPosts,
    stateDir: options.stateDir,
    clock,
    warn,
  });
  const recent = new Recent(RECENT_POSTS);
  const paid = new Recent(RECENT_POSTS);
  const connects = new Budget(CONNECTS_A_WINDOW, clock);
  const row: FailureRow = { failures: new Map() };
  const rules = new Rules({
    api: createRulesApi(url, token, clock),
    frame: frameRule(options.languages, options.ruleLength),
    maxRules: options.maxRules,
    clock,
    random,
    onRefused: (track, reason) => sink.rejected(track, new UserError('UPSTREAM_FULL', reason)),
    onChange: update,
  });
  let state: SourceState = { name: 'idle' };
  let wanted = false;
  let closed = false;
  let stream: { state: StreamState; stop: () => void } | undefined;
  let cancelLook: (() => void) | undefined;
  let rulesTrouble: Failure | undefined;

  function update(): void {
    if (closed) return;
    if (allowance.usedUp) pauseUntilMidnight();
    else if (wanted && stream === undefined && rules.ready) start();
    tellTrouble();
    become(currentState());
  }

  function start(): void {
    const started: typeof stream = { state: { name: 'connecting' }, stop: () => {} };
    stream = started;
    started.stop = openStream({
      url,
      token,
      budget: connects,
      row,
      clock,
      random,
      onLine: read,
      onState(next) {
        started.state = next;
        // It says why, but the rules know best what there is.
        if (next.name === 'waiting' && next.failure.kind === 'no-rules') rules.recheck();
        if (stream === started) update();
      },
    });
    // Whoever was told of the state may have closed everything.
    if (stream !== started) started.stop();
  }

  function disconnect(): void {
    stream?.stop();
    stream = undefined;
  }

  function pauseUntilMidnight(): void {
    disconnect();
    // Midnight itself moves when a clock that was a year ahead is put right.
    cancelLook ??= clock.after(Math.min(allowance.resetsAt - clock.now(), LOOK_EVERY_MS), () => {
      cancelLook = undefined;
      update();
    });
  }

  function currentState(): SourceState {
    if (!wanted) return { name: 'idle' };
    if (allowance.usedUp) {
      const { postsToday, costToday, resetsAt } = allowance.usage;
      const reason = `today's allowance of ${options.dailyPosts} posts is used up: ${postsToday} read, ${costToday.toFixed(2)} USD`;
      return { name: 'paused', reason, until: resetsAt };
    }
    if (stream !== undefined) {
      const { state } = stream;
      if (state.name === 'failed') return { name: 'paused', reason: state.failure.reason };
      if (state.name !== 'waiting') return state;
      return { name: 'waiting', reason: state.failure.reason, until: state.until };
    }
    const { trouble } = rules;
    if (trouble === undefined) return { name: 'connecting' };
    const { reason } = trouble.failure;
    if (trouble.until === undefined) return { name: 'paused', reason };
    return { name: 'waiting', reason, until: trouble.until };
  }

  /** While posts flow, the state does not say that new tracks have to wait. */
  function tellTrouble(): void {
    const failure = rules.trouble?.failure;
    if (failure !== undefined && failure.kind !== rulesTrouble?.kind && stream !== undefined) {
      warn(`the rules at X cannot be changed for now: ${failure.reason}`);
    }
    rulesTrouble = failure;
  }

  function become(next: SourceState): void {
    if (isSame(state, next)) return;
    state = next;
    sink.state(next);
  }

  function read({ number, text }: Line): Failure | undefined {
    const record = text === undefined ? undefined : readRecord(text);
    if (record?.kind === 'error') return record.failure;
    if (record === undefined || record.kind === 'bad') {
      // X may have charged for it all the same.
      allowance.count();
      sink.bad(`line ${number}: ${record?.problem ?? 'it is too long'}`);
    } else if (record.kind === 'repost') {
      pay(record.id);
    } else {
      deliver(record.post.id, record.original, () => sink.post(record.post));
    }
    // What came in the same chunk is paid for and is delivered first.
    if (allowance.usedUp) queueMicrotask(update);
    return undefined;
  }

  /** An edit is a new post to X, which charges for it, and the same one to us. */
  function deliver(id: string, original: string, post: () => void): void {
    pay(id);
    if (recent.check(original)) sink.repeated();
    else if (wanted) post();
  }

  /** X charges for a post once a UTC day, be it delivered, an edit or a repost. */
  function pay(id: string): void {
    if (!paid.check(`${allowance.day} ${id}`)) allowance.count();
  }

  const source: Source = {
    name: 'x',
    get state() {
      return state;
    },
    get usage() {
      return allowance.usage;
    },
    want(tracks: ReadonlySet<Track>) {
      if (closed) return;
      wanted = tracks.size > 0;
      if (!wanted) disconnect();
      rules.want(tracks);
      update();
    },
    async close({ handOver = false }: CloseOptions = {}) {
      closed = true;
      cancelLook?.();
      disconnect();
      await rules.close(handOver);
      allowance.close();
    },
  };
  return lingering(source, clock);
}

function isSame(a: SourceState, b: SourceState): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
