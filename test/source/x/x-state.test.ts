import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ConnectionState, Setback } from '../../../src/source/reconnector.ts';
import type { Failure, FailureKind } from '../../../src/source/x/failure.ts';
import {
  describe as describeState,
  INITIAL,
  next,
  type XEffect,
  type XEvent,
  type XState,
} from '../../../src/source/x/x-state.ts';

const UNTIL = Date.parse('2026-11-21T00:00:00Z');
const usedUp = { name: 'paused', reason: 'used up', until: UNTIL } as const;

function setback(kind: FailureKind, until: number | undefined = UNTIL): Setback<Failure> {
  return { failure: { kind, reason: `X said ${kind}` }, until };
}

const READY = { ready: true, setback: undefined };
const NOT_READY = { ready: false, setback: undefined };
const BLOCKED = { ready: false, setback: setback('http') };
const FORBIDDEN = { ready: false, setback: { ...setback('unauthorized'), until: undefined } };

const IDLE = INITIAL;
const PREPARING: XState = { ...IDLE, wanted: true };
const LIVE: XState = { ...PREPARING, rules: READY, stream: 'live' };
const PAUSED: XState = { ...PREPARING, rules: READY, usedUp };

type Row = readonly [
  what: string,
  before: XState,
  event: XEvent,
  effects: readonly XEffect[],
  state: object,
];

const connecting = { name: 'connecting' };
const live = { name: 'live' };
const waiting = (kind: FailureKind) => ({
  name: 'waiting',
  reason: `X said ${kind}`,
  until: UNTIL,
});

const TABLE: readonly Row[] = [
  ['nothing happens', IDLE, {}, [], { name: 'idle' }],
  ['rules are ready that nothing wants', IDLE, { rules: READY }, [], { name: 'idle' }],
  ['a track is wanted', IDLE, { wanted: true }, [], connecting],
  [
    'a track is wanted whose rule X has',
    IDLE,
    { wanted: true, rules: READY },
    ['openStream'],
    connecting,
  ],
  ['the rules are ready', PREPARING, { rules: READY }, ['openStream'], connecting],
  ['the rules fail for now', PREPARING, { rules: BLOCKED }, [], waiting('http')],
  [
    'the rules fail for good',
    PREPARING,
    { rules: FORBIDDEN },
    [],
    { name: 'paused', reason: 'X said unauthorized' },
  ],
  ['the stream connects', { ...LIVE, stream: 'connecting' }, { stream: 'live' }, [], live],
  [
    'the stream breaks',
    LIVE,
    { stream: setback('network') },
    [],
    { ...waiting('network'), reason: 'X said network' },
  ],
  [
    'the stream is told that there are no rules',
    LIVE,
    { stream: setback('no-rules') },
    ['relistRules'],
    waiting('no-rules'),
  ],
  ['the stream connects anew', { ...LIVE, stream: setback('http') }, { stream: 'live' }, [], live],
  ['the last track goes', LIVE, { wanted: false }, ['closeStream'], { name: 'idle' }],
  ['the rules are not known any more', LIVE, { rules: NOT_READY }, [], live],
  ['the rules fail while posts flow', LIVE, { rules: BLOCKED }, ['warnOfRules'], live],
  ['the same failure goes on', { ...LIVE, rules: BLOCKED }, { rules: BLOCKED }, [], live],
  ['the allowance is used up', LIVE, { usedUp }, ['closeStream', 'awaitNextDay'], usedUp],
  ['the allowance stays used up', PAUSED, { usedUp }, ['awaitNextDay'], usedUp],
  ['it is used up and nothing is wanted', IDLE, { usedUp }, ['awaitNextDay'], { name: 'idle' }],
  ['the next day begins', PAUSED, { usedUp: undefined }, ['openStream'], connecting],
];

describe('the X source', () => {
  test.each(TABLE)('when %s', (_, before, event, effects, state) => {
    const after = next(before, event);
    expect(after.effects).toEqual(effects);
    expect(describeState(after.state)).toEqual(state);
  });

  const events: fc.Arbitrary<XEvent> = fc.oneof(
    fc.record({ wanted: fc.boolean() }),
    fc.record({ usedUp: fc.constantFrom(usedUp, undefined) }),
    fc.record({ rules: fc.constantFrom(READY, NOT_READY, BLOCKED, FORBIDDEN) }),
    fc.record({
      stream: fc.constantFrom<ConnectionState<Failure>>(
        'connecting',
        'live',
        setback('http'),
        setback('no-rules'),
      ),
    }),
  );

  test('opens and closes the stream in turn, and never reads unless it is wanted and paid for', () => {
    fc.assert(
      fc.property(fc.array(events, { maxLength: 60 }), (all) => {
        let state = INITIAL;
        let isOpen = false;
        for (const event of all) {
          // A closed stream reports nothing.
          if ('stream' in event && !isOpen) continue;
          const { state: after, effects } = next(state, event);
          for (const effect of effects) {
            if (effect === 'openStream') expect(isOpen).toBe(false);
            if (effect === 'closeStream') expect(isOpen).toBe(true);
            if (effect === 'openStream') isOpen = true;
            if (effect === 'closeStream') isOpen = false;
          }
          state = after;
          expect(isOpen).toBe(state.stream !== undefined);
          if (!state.wanted || state.usedUp) expect(isOpen).toBe(false);
          expect(describeState(state).name === 'idle').toBe(!state.wanted);
        }
      }),
      { seed: 11, numRuns: 500 },
    );
  });
});
