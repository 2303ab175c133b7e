import { expect, test } from 'vitest';
import { LINES_A_MINUTE, Refusals } from '../../../src/api/metrics/rejections.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function start() {
  const lines: string[] = [];
  const clock = new FakeClock();
  const refusals = new Refusals((line) => lines.push(line), clock);
  const refuse = (times: number) => {
    for (let i = 0; i < times; i++) refusals.refuse('messages', '/track');
  };
  return { lines, clock, refusals, refuse };
}

test('refusals are logged so many times a minute, and then how many more there were', () => {
  const { lines, clock, refusals, refuse } = start();
  refuse(LINES_A_MINUTE + 1234);
  expect(lines).toEqual(Array(LINES_A_MINUTE).fill('refused (messages): /track'));
  clock.advance(59_999);
  expect(lines.length).toBe(LINES_A_MINUTE);
  clock.advance(1);
  expect(lines.slice(LINES_A_MINUTE)).toEqual(['and 1,234 more (messages)']);
  refuse(1);
  expect(lines.at(-1)).toBe('refused (messages): /track');
  expect(refusals.counts).toMatchObject({ messages: LINES_A_MINUTE + 1235, origin: 0 });
});

test('each kind has lines of its own, and nothing is left to say when there were few', () => {
  const { lines, clock, refusals, refuse } = start();
  refuse(LINES_A_MINUTE);
  refusals.refuse('origin', 'x');
  refusals.notice('bad record', 'source: bad record: x');
  expect(lines.slice(LINES_A_MINUTE)).toEqual(['refused (origin): x', 'source: bad record: x']);
  expect(clock.pending).toBe(0);
  clock.advance(60_000);
  refuse(LINES_A_MINUTE);
  expect(lines.length).toBe(2 * LINES_A_MINUTE + 2);
});

test('a line that is no warning is written its own way, and so is how many more there were', () => {
  const { lines, clock, refusals } = start();
  const written: string[] = [];
  for (let i = 0; i <= LINES_A_MINUTE; i++) {
    refusals.notice('state', 'source: live', (line) => written.push(line));
  }
  clock.advance(60_000);
  expect(written).toEqual([...Array(LINES_A_MINUTE).fill('source: live'), 'and 1 more (state)']);
  expect(lines).toEqual([]);
});

test('what is unsaid is said when the server closes, and no timer stays', () => {
  const { lines, clock, refusals, refuse } = start();
  refuse(LINES_A_MINUTE + 2);
  refusals.close();
  expect(lines.at(-1)).toBe('and 2 more (messages)');
  expect(clock.pending).toBe(0);
});

test('what a client sent is cut short', () => {
  const { lines, refusals } = start();
  refusals.refuse('origin', 'x'.repeat(10_000));
  expect(lines[0]?.length).toBeLessThan(300);
});
