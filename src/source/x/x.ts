// X: the filtered stream. Wanted tracks become rules, and one connection delivers what they match.

import type { Clock } from '../../base/clock.ts';
import type { Languages } from '../../base/post.ts';
import { SeenKeys } from '../../base/seen-keys.ts';
import { UserError } from '../../base/user-error.ts';
import type { Line } from '../lines.ts';
import { lingering } from '../linger.ts';
import type { Source, SourceSink, SourceState } from '../source.ts';
import { Allowance } from './allowance.ts';
import type { Failure } from './failure.ts';
import { readRecord } from './record.ts';
import { ruleFormat } from './rule-text.ts';
import { Rules } from './rules.ts';
import { createRulesApi } from './rules-api.ts';
import { createStream } from './stream.ts';
import { describe, INITIAL, next, type XEffect, type XEvent } from './x-state.ts';

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
  /** Told what an operator should know, such as that money runs short. Never a secret. */
  readonly warn: (message: string) => void;
  readonly random?: () => number;
}

/** How often the wall clock is read while the allowance is used up, in milliseconds: it may be set meanwhile. */
const LOOK_EVERY_MS = 60_000;
/** Over three minutes at the 250 posts a second that X delivers at most. */
const REMEMBERED_POSTS = 50_000;

export function createX(options: XOptions, sink: SourceSink, clock: Clock): Source {
  const { url, token, warn, random = Math.random } = options;
  const allowance = new Allowance({
    daily: options.dailyPosts,
    stateDir: options.stateDir,
    clock,
    warn,
  });
  const delivered = new SeenKeys(REMEMBERED_POSTS);
  const paid = new SeenKeys(REMEMBERED_POSTS);
  const rules = new Rules({
    api: createRulesApi(url, token, clock),
    format: ruleFormat(options.languages, options.ruleLength),
    maxRules: options.maxRules,
    clock,
    random,
    onRejected: (track, reason) => sink.rejected(track, new UserError('UPSTREAM_FULL', reason)),
    onChange: feed,
  });
  const stream = createStream({
    url,
    token,
    clock,
    random,
    onLine: read,
    onState: (state) => feed({ stream: state }),
  });
  let state = INITIAL;
  let reported: SourceState = describe(state);
  let closed = false;
  let cancelLook: (() => void) | undefined;

  const effects: Readonly<Record<XEffect, () => void>> = {
    openStream: () => stream.open(),
    closeStream: () => stream.close(),
    relistRules: () => rules.relist(),
    warnOfRules: () =>
      warn(`the rules at X cannot be changed for now: ${rules.status.setback?.failure.reason}`),
    awaitNextDay() {
      cancelLook ??= clock.after(Math.min(allowance.resetsAt - clock.now(), LOOK_EVERY_MS), () => {
        cancelLook = undefined;
        feed();
      });
    },
  };

  function feed(event: XEvent = {}): void {
    if (closed) return;
    const step = next(state, { usedUp: allowance.usedUp, rules: rules.status, ...event });
    state = step.state;
    for (const effect of step.effects) effects[effect]();
    const current = describe(state);
    if (JSON.stringify(current) === JSON.stringify(reported)) return;
    reported = current;
    sink.state(current);
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
      else if (state.wanted) sink.post(record.post);
    }
    // X has charged for the other posts of the chunk, so they are delivered before the stream closes.
    if (allowance.usedUp) queueMicrotask(feed);
    return undefined;
  }

  /** X charges for a post once a UTC day, whether it is delivered, an edit or a repost. */
  function pay(id: string): void {
    if (!paid.check(`${allowance.day} ${id}`)) allowance.count();
  }

  const source: Source = {
    name: 'x',
    get state() {
      return reported;
    },
    get usage() {
      return allowance.usage;
    },
    want(tracks) {
      if (closed) return;
      rules.want(tracks);
      feed({ wanted: tracks.size > 0 });
    },
    async close({ handOver = false } = {}) {
      closed = true;
      cancelLook?.();
      stream.close();
      await rules.close(handOver);
      allowance.close();
    },
  };
  return lingering(source, clock);
}
