// Where the X source stands, and what follows from an event. Pure: x.ts feeds the events and carries out
// the effects.
//
//   wanted   allowance   stream   rules       ▶ stream   state of the source
//   no       any         any      any           closed   idle
//   yes      used up     any      any           closed   paused until the next day
//   yes      left        open     any           open     the stream's own
//   yes      left        closed   ready         opened   connecting
//   yes      left        closed   not ready     closed   connecting, or the setback of the rules

import { type ConnectionState, describeConnection, type Setback } from '../reconnector.ts';
import type { SourceState } from '../source.ts';
import type { Failure, FailureKind } from './failure.ts';

export interface XState {
  /** At least one track is wanted. */
  readonly wanted: boolean;
  /** Set while the day's allowance is used up. */
  readonly usedUp: Extract<SourceState, { name: 'paused' }> | undefined;
  readonly rules: RulesStatus;
  /** Undefined while the stream is closed. */
  readonly stream: ConnectionState<Failure> | undefined;
}

export interface RulesStatus {
  /** X holds a rule for at least one wanted track. */
  readonly ready: boolean;
  /** Why the rules at X cannot be changed for now. */
  readonly setback: Setback<Failure> | undefined;
}

/** What has changed. */
export type XEvent = Partial<XState>;

export type XEffect = 'openStream' | 'closeStream' | 'awaitNextDay' | 'relistRules' | 'warnOfRules';

export const INITIAL: XState = {
  wanted: false,
  usedUp: undefined,
  rules: { ready: false, setback: undefined },
  stream: undefined,
};

export function next(
  before: XState,
  event: XEvent,
): { readonly state: XState; readonly effects: readonly XEffect[] } {
  const told = { ...before, ...event };
  const mayStream = told.wanted && told.usedUp === undefined;
  const opened = told.rules.ready ? 'connecting' : undefined;
  const stream = mayStream ? (told.stream ?? opened) : undefined;

  const effects: XEffect[] = [];
  if (before.stream !== undefined && stream === undefined) effects.push('closeStream');
  if (told.usedUp !== undefined) effects.push('awaitNextDay');
  if (isFailure(event.stream, 'no-rules')) effects.push('relistRules');
  const { setback } = told.rules;
  // While posts flow, the state of the source does not say that new tracks have to wait.
  const isNews = setback?.failure.kind !== before.rules.setback?.failure.kind;
  if (setback !== undefined && isNews && stream !== undefined) effects.push('warnOfRules');
  if (before.stream === undefined && stream !== undefined) effects.push('openStream');
  return { state: { ...told, stream }, effects };
}

export function describe({ wanted, usedUp, rules, stream }: XState): SourceState {
  if (!wanted) return { name: 'idle' };
  if (usedUp !== undefined) return usedUp;
  return describeConnection(stream ?? rules.setback ?? 'connecting');
}

function isFailure(stream: XState['stream'], kind: FailureKind): boolean {
  return typeof stream === 'object' && stream.failure.kind === kind;
}
