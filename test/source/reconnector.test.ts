import { expect, test } from 'vitest';
import { type ConnectionState, Reconnector } from '../../src/source/reconnector.ts';
import { FakeClock } from '../support/fake-clock.ts';

function open(waits: readonly number[], onState?: (it: Reconnector<string>) => void) {
  const clock = new FakeClock();
  const connections: { live(): void; fail(failure: string): void }[] = [];
  const states: ConnectionState<string>[] = [];
  let disconnects = 0;
  let failures = 0;
  const reconnector = new Reconnector<string>({
    clock,
    connect(events) {
      connections.push(events);
      return () => {
        disconnects += 1;
      };
    },
    retry: (failure) => ({
      wait: waits[failures++] ?? 0,
      isPermanent: failure === 'permanent',
    }),
    onState(state) {
      states.push(state);
      onState?.(reconnector);
    },
  });
  reconnector.open();
  return { clock, connections, states, reconnector, disconnects: () => disconnects };
}

test('connects again after a failure, by the schedule', () => {
  const { clock, connections, states } = open([0, 500]);
  connections[0]?.live();
  connections[0]?.fail('broke');
  clock.advance(0);
  connections[1]?.fail('broke again');
  clock.advance(499);
  expect(connections.length).toBe(2);
  clock.advance(1);
  expect(connections.length).toBe(3);
  const until = clock.now();
  expect(states).toEqual([
    'connecting',
    'live',
    'connecting',
    { failure: 'broke again', until },
    'connecting',
  ]);
});

test('keeps the wait when it is closed and opened, even for a failure that only its owner knows', () => {
  const { clock, connections, states, reconnector } = open([500, 900]);
  connections[0]?.fail('broke');
  reconnector.close();
  reconnector.open();
  clock.advance(500);
  expect(connections.length).toBe(2);
  reconnector.close('brought nothing');
  reconnector.open();
  expect(states.at(-1)).toEqual({ failure: 'brought nothing', until: clock.now() + 900 });
  clock.advance(899);
  expect(connections.length).toBe(2);
  clock.advance(1);
  expect(connections.length).toBe(3);
});

test('waits for a new open after a permanent failure', () => {
  const { clock, connections, states, reconnector } = open([500]);
  connections[0]?.fail('permanent');
  expect(states.at(-1)).toEqual({ failure: 'permanent', until: undefined });
  clock.advance(10_000);
  expect(connections.length).toBe(1);
  reconnector.open();
  expect(connections.length).toBe(2);
});

test('can be closed from its own states, and then does nothing more', () => {
  const { clock, connections, states } = open([500], (it) => it.close());
  clock.advance(10_000);
  expect([connections.length, states]).toEqual([0, ['connecting']]);
});

test('closes a connection once, whether it failed or was closed first', () => {
  const { connections, reconnector, states, disconnects } = open([500]);
  reconnector.close();
  connections[0]?.fail('late');
  expect([disconnects(), states]).toEqual([1, ['connecting']]);
});
