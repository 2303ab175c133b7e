import { pino } from 'pino';
import { expect, test } from 'vitest';
import { LINES_A_MINUTE } from '../../../src/api/metrics/bounded-log.ts';
import { createTelemetry } from '../../../src/api/metrics/server-telemetry.ts';
import { readExposition } from '../../support/exposition.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** As pino numbers its levels. */
const INFO = 30;
const WARN = 40;

function start() {
  const lines: string[] = [];
  const levels: number[] = [];
  const clock = new FakeClock();
  const write = (line: string) => {
    const { level, msg } = JSON.parse(line);
    lines.push(msg);
    levels.push(level);
  };
  const log = pino({ level: 'info' }, { write });
  const telemetry = createTelemetry(log, clock, []);
  const reject = (times: number) => {
    for (let i = 0; i < times; i++) telemetry.rejected('messages', '/track');
  };
  return {
    lines,
    levels,
    clock,
    telemetry,
    reject,
  };
}

test('rejections are logged a limited number of times a minute, then as a count', async () => {
  const { lines, clock, telemetry, reject } = start();
  reject(LINES_A_MINUTE + 1234);
  expect(lines).toEqual(Array(LINES_A_MINUTE).fill('rejected (messages): /track'));
  clock.advance(59_999);
  expect(lines.length).toBe(LINES_A_MINUTE);
  clock.advance(1);
  expect(lines.slice(LINES_A_MINUTE)).toEqual(['and 1,234 more (messages)']);
  reject(1);
  expect(lines.at(-1)).toBe('rejected (messages): /track');
  const { values } = readExposition(await telemetry.registry.metrics());
  expect(values.get('senti_rejections_total{reason="messages"}')).toBe(LINES_A_MINUTE + 1235);
  expect(values.get('senti_rejections_total{reason="origin"}')).toBe(0);
});

test('each kind has a limit of its own, and a kind within its limit adds no count', () => {
  const { lines, clock, telemetry, reject } = start();
  reject(LINES_A_MINUTE);
  telemetry.rejected('origin', 'x');
  telemetry.bad('x', 'x');
  expect(lines.slice(LINES_A_MINUTE)).toEqual(['rejected (origin): x', 'source x: bad post: x']);
  expect(clock.pending).toBe(0);
  clock.advance(60_000);
  reject(LINES_A_MINUTE);
  expect(lines.length).toBe(2 * LINES_A_MINUTE + 2);
});

test('a source that often goes live does not hide its failure', () => {
  const { lines, clock, telemetry } = start();
  for (let i = 0; i <= LINES_A_MINUTE; i++) telemetry.state({ name: 'live' }, 'x');
  telemetry.state({ name: 'paused', reason: 'X wants money' }, 'x');
  expect(lines.at(-1)).toBe('source x: paused: X wants money');
  clock.advance(60_000);
  expect(lines.at(-1)).toBe('and 1 more (state, x)');
});

test('a source that waits or is paused is a warning, which says why and until when', () => {
  const { lines, levels, telemetry } = start();
  const until = Date.parse('2026-11-20T10:11:12Z');
  telemetry.state({ name: 'connecting' }, 'x');
  telemetry.state({ name: 'waiting', reason: 'X answered 503', until }, 'x');
  telemetry.state({ name: 'paused', reason: 'X wants money' }, 'x');
  expect(lines).toEqual([
    'source x: connecting',
    'source x: waiting: X answered 503 (until 2026-11-20T10:11:12.000Z)',
    'source x: paused: X wants money',
  ]);
  expect(levels).toEqual([INFO, WARN, WARN]);
});

test('closing logs how many lines were omitted, and leaves no timer', () => {
  const { lines, clock, telemetry, reject } = start();
  reject(LINES_A_MINUTE + 2);
  telemetry.close();
  expect(lines.at(-1)).toBe('and 2 more (messages)');
  expect(clock.pending).toBe(0);
});

test('the log shows only the beginning of what a client sent', () => {
  const { lines, telemetry } = start();
  telemetry.rejected('origin', 'x'.repeat(10_000));
  expect(lines[0]?.length).toBeLessThan(300);
});
