// X: the filtered stream. Wanted tracks become rules, and one connection delivers what they match.

import type { Clock } from '../../base/clock.ts';
import type { Languages } from '../../base/language.ts';
import { SeenKeys } from '../../base/seen-keys.ts';
import { UserError } from '../../base/user-error.ts';
import type { Line } from '../lines.ts';
import { lingering } from '../linger.ts';
import { type ConnectionState, describeConnection } from '../reconnector.ts';
import type { Source, SourceSink, SourceState } from '../source.ts';
import type { Allowance } from './allowance.ts';
import type { Failure, FailureKind } from './failure.ts';
import { readRecord } from './record.ts';
import { ruleFormat } from './rule-text.ts';
import { Rules } from './rules.ts';
import { createRulesApi } from './rules-api.ts';
import { createStream } from './stream.ts';

export interface XOptions {
  readonly allowance: Allowance;
  /** The address of X's API, with a slash at the end. */
  readonly url: string;
  readonly token: string;
  /** How many rules the account may have, and of how many characters. */
  readonly maxRules: number;
  readonly ruleLength: number;
  readonly languages: Languages;
  /** Told what an operator should know. Never a secret. */
  readonly warn: (message: string) => void;
  readonly random?: () => number;
}

/** How often the wall clock is read while the allowance is used up, in milliseconds: it may be set meanwhile. */
const LOOK_EVERY_MS = 60_000;
/** Over three minutes at the 250 posts a second that X delivers at most. */
const REMEMBERED_POSTS = 50_000;

export function createX(options: XOptions, sink: SourceSink, clock: Clock): Source {
  const { url, token, allowance, warn, random = Math.random } = options;
  const delivered = new SeenKeys(REMEMBERED_POSTS);
  const paid = new SeenKeys(REMEMBERED_POSTS);
  const rules = new Rules({
    api: createRulesApi(url, token, clock),
    format: ruleFormat(options.languages, options.ruleLength),
    maxRules: options.maxRules,
    clock,
    random,
    onRejected: (track, reason) => sink.rejected(track, new UserError('UPSTREAM_FULL', reason)),
    onRestored() {
      warn('X had lost rules of Senti, as when another program removes them; they are back');
      if (wasLive) sink.gap();
    },
    onChange: update,
  });
  const stream = createStream({ url, token, clock, random, onLine: read, onState: follow });
  let isWanted = false;
  /** Undefined while the stream is closed. */
  let connection: ConnectionState<Failure> | undefined;
  /** The stream has been live since the first track was wanted. */
  let wasLive = false;
  /** The allowance measures how many posts come. A reconnection goes on with that, a pause does not. */
  let isMeasured = false;
  let ruleFailure: FailureKind | undefined;
  let reported: SourceState = { name: 'idle' };
  let closed = false;
  /** Whether this node knows what other nodes have read. */
  let knowsOthers = !allowance.isShared;
  let cancelLook: (() => void) | undefined;

  function follow(state: ConnectionState<Failure>): void {
    connection = state;
    if (state === 'live') {
      // X does not send again what it published meanwhile.
      if (wasLive) sink.gap();
      if (!isMeasured) allowance.begin();
      isMeasured = true;
      wasLive = true;
    }
    if (typeof state === 'object' && state.failure.kind === 'no-rules') rules.relist();
    update();
  }

  /**
   * Opens or closes the stream as things stand, and reports the state. The stream opens once X holds a rule for
   * it, and stays open while the rules are listed again.
   */
  function update(): void {
    if (closed) return;
    if (!isWanted) wasLive = false;
    const { usedUp } = allowance;
    const mayStream = isWanted && usedUp === undefined && knowsOthers;
    if (usedUp !== undefined) lookAgain(usedUp.until);
    if (!mayStream && connection !== undefined) {
      connection = undefined;
      isMeasured = false;
      stream.close();
    } else if (mayStream && connection === undefined && rules.status.ready) {
      connection = 'connecting';
      stream.open();
    }
    warnOfRules();
    const state = describe();
    if (JSON.stringify(state) === JSON.stringify(reported)) return;
    reported = state;
    sink.state(state);
  }

  function describe(): SourceState {
    if (!isWanted) return { name: 'idle' };
    return (
      allowance.usedUp ?? describeConnection(connection ?? rules.status.setback ?? 'connecting')
    );
  }

  /** While posts flow, the state of the source does not say that new tracks have to wait. */
  function warnOfRules(): void {
    const failure = rules.status.setback?.failure;
    const isNews = failure?.kind !== ruleFailure;
    ruleFailure = failure?.kind;
    if (failure === undefined || !isNews || connection === undefined) return;
    warn(`the rules at X cannot be changed for now: ${failure.reason}`);
  }

  function lookAgain(until: number): void {
    cancelLook ??= clock.after(Math.min(until - clock.now(), LOOK_EVERY_MS), () => {
      cancelLook = undefined;
      update();
    });
  }

  function read({ number, text }: Line): Failure | undefined {
    const record = text === undefined ? undefined : readRecord(text);
    if (record?.kind === 'error') return record.failure;
    if (record === undefined || record.kind === 'bad') {
      // X may have charged for it anyway.
      allowance.count();
      sink.bad(`line ${number}: ${record?.reason ?? 'it is too long'}`);
    } else if (record.kind === 'repost') {
      pay(record.id);
    } else {
      // To X an edit is a new post and costs as much.
      pay(record.post.id);
      if (delivered.check(record.original)) sink.repeated();
      else if (isWanted) sink.post(record.post);
    }
    // X has charged for the other posts of the chunk, so they are delivered before the stream closes.
    if (allowance.usedUp) queueMicrotask(update);
    return undefined;
  }

  /** X charges for a post once a UTC day, whether it is delivered, an edit or a repost. */
  function pay(id: string): void {
    if (!paid.check(`${allowance.day} ${id}`)) allowance.count();
  }

  if (!knowsOthers) {
    void allowance.refresh().then(() => {
      knowsOthers = true;
      update();
    });
  }

  const source: Source = {
    name: 'x',
    isTextPublic: false,
    get state() {
      return reported;
    },
    get usage() {
      return allowance.usage;
    },
    want(tracks) {
      if (closed) return;
      rules.want(tracks);
      isWanted = tracks.size > 0;
      update();
    },
    async close({ handOver = false } = {}) {
      closed = true;
      cancelLook?.();
      stream.close();
      await Promise.all([rules.close(handOver), allowance.flush()]);
    },
  };
  return lingering(source, clock);
}
