import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { EventLog } from '../../src/history/event-log.ts';
import { Segment } from '../../src/history/segment.ts';
import { closestBefore, lowBits, Serials } from '../../src/history/serials.ts';

const SLOTS = [0, 1, 2, 3, 4, 5];
const MANY = 1500;

function mark(number: number, epoch: number) {
  return { position: { epoch, number, time: number }, isGap: true };
}

describe('the log of recent events', () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        does: fc.constant('add' as const),
        slots: fc.subarray(SLOTS, { minLength: 1 }),
        count: fc.constantFrom(1, 3, 70, MANY),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        does: fc.constant('giveUp' as const),
        slot: fc.constantFrom(...SLOTS),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        does: fc.constantFrom('drop' as const, 'epoch' as const, 'skip' as const),
        back: fc.constant(0),
      }),
    },
    { weight: 2, arbitrary: fc.record({ does: fc.constant('read' as const), back: fc.nat(2000) }) },
  );

  test('has the newest entries of each track, and knows where the one before them was', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.constantFrom(0, 1, 20, 1000, 5000),
        (steps, recentEvents) => {
          const log = new EventLog({ recentEvents, recentBytes: 1_000_000 });
          const expected = new Map(SLOTS.map((slot) => [slot, [] as ReturnType<typeof mark>[]]));
          let [number, epoch] = [0, 1];
          let dropped = 0;
          for (const slot of SLOTS) log.open(slot);
          for (const step of steps) {
            if (step.does === 'add') {
              for (let i = 0; i < step.count; i += 1) {
                const entry = mark(++number, epoch);
                log.add(entry, step.slots);
                for (const slot of step.slots) expected.get(slot)?.push(entry);
              }
            } else if (step.does === 'giveUp') {
              log.settle();
              log.giveUp(step.slot);
              expected.set(step.slot, []);
            } else if (step.does === 'drop') {
              log.settle();
              if (log.dropOldest()) dropped += 1;
            } else if (step.does === 'epoch') {
              epoch += 1;
              number = 0;
            } else if (step.does === 'skip') number += 1_000_000;
            else {
              log.settle();
              for (const [slot, all] of expected) {
                const { entries, serials, lost } = log.list(slot);
                const before = all.length - entries.length;
                expect(entries).toEqual(all.slice(before));
                expect(entries.length).toBeLessThanOrEqual(recentEvents);
                if (dropped === 0) expect(entries.length).toBe(Math.min(all.length, recentEvents));
                const last = all[before - 1];
                if (lost === 0) expect(before).toBe(0);
                else
                  expect(log.positionOf(lost, entries[0])).toMatchObject({
                    epoch: last?.position.epoch,
                    number: last?.position.number,
                  });
                const after = serials.at(-1 - step.back);
                if (after === undefined) continue;
                expect(log.list(slot, { after })).toEqual({
                  entries: step.back === 0 ? [] : entries.slice(-step.back),
                  serials: step.back === 0 ? [] : serials.slice(-step.back),
                  lost: 0,
                });
              }
            }
          }
          log.settle();
          for (const slot of SLOTS) log.giveUp(slot);
          expect(log.bytes).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('forgets what tracks have enough newer entries of, and keeps what others need', () => {
    const log = new EventLog({ recentEvents: 10, recentBytes: 8_000_000 });
    for (const slot of [0, 1]) log.open(slot);
    log.add(mark(1, 1), [0, 1]);
    for (let number = 2; number < 100_000; number += 1) log.add(mark(number, 1), [0]);
    log.settle();
    expect(log.list(1).entries).toEqual([mark(1, 1)]);
    expect(log.list(0).entries).toEqual(Array.from({ length: 10 }, (_, i) => mark(99_990 + i, 1)));
    // A sweep is considered after an eighth of what the log may take.
    expect(log.bytes).toBeLessThan(1_400_000);
  });

  test('looks through one segment at a time, so that no event waits for many', () => {
    const looks = vi.spyOn(Segment.prototype, 'freeBeyond');
    onTestFinished(() => looks.mockRestore());
    const log = new EventLog({ recentEvents: 10, recentBytes: 8_000_000 });
    log.open(0);
    let most = 0;
    for (let number = 1; number < 30_000; number += 1) {
      looks.mockClear();
      log.add(mark(number, 1), [0]);
      most = Math.max(most, looks.mock.calls.length);
    }
    expect(most).toBe(1);
  });

  test('knows of a track without entries that it has lost none, however many events there were', () => {
    const log = new EventLog({ recentEvents: 10, recentBytes: 64_000_000 });
    for (const slot of [0, 1]) log.open(slot);
    for (const number of [1, 2 ** 31, 2 ** 32, 2 ** 32 + 2 ** 31]) log.add(mark(number, 1), [0]);
    log.settle();
    expect(log.list(1)).toEqual({ serials: [], entries: [], lost: 0 });
    log.giveUp(0);
    expect(log.list(0)).toEqual({ serials: [], entries: [], lost: 0 });
  });
});

describe('serials', () => {
  test('grow, and lead back to their positions', () => {
    const step = fc.record({
      epoch: fc.nat(2),
      number: fc.oneof(
        fc.nat(50),
        fc.maxSafeNat().map((n) => n % 2 ** 48),
      ),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (positions) => {
        const serials = new Serials();
        const given = positions.map((position) => serials.next({ ...position, time: 0 }));
        expect(given).toEqual([...new Set(given)].sort((a, b) => a - b));
        expect(given.every(Number.isSafeInteger)).toBe(true);
        expect(given.map((serial) => serials.positionOf(serial))).toEqual(positions);
        const changed = positions.findLastIndex(
          ({ epoch }, i) => epoch !== positions[i - 1]?.epoch,
        );
        expect(serials.epochFrom).toBe(given[changed] ?? 0);
      }),
    );
  });

  test('forget eras that are thousands back', () => {
    const serials = new Serials();
    const first = serials.next({ epoch: 1, number: 9, time: 0 });
    for (let epoch = 2; epoch < 5000; epoch += 1) serials.next({ epoch, number: 9, time: 0 });
    expect(serials.positionOf(first)).toBeUndefined();
    expect(serials.positionOf(serials.last)).toEqual({ epoch: 4999, number: 9 });
  });

  test('are told by their low bits and a later one', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 50), fc.nat(2 ** 32 - 1), (serial, distance) => {
        expect(closestBefore(serial + distance, lowBits(serial))).toBe(serial);
      }),
    );
  });
});
