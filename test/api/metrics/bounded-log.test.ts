import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { StatusDocument } from '../../../schema/operations.ts';
import { createLineLimits, LINES_A_MINUTE } from '../../../src/api/metrics/bounded-log.ts';
import { connectGraphQL, post, run } from '../../support/clients.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import type { HandSource } from '../../support/hand-source.ts';
import { startSenti } from '../../support/senti.ts';

const TIMES = LINES_A_MINUTE + 15;

/** Gives the source a bug: every operation that reads its state fails. */
function withBug(source: HandSource): HandSource {
  Object.defineProperty(source, 'state', {
    get() {
      throw new Error('a part broke');
    },
  });
  return source;
}

describe('operations that fail because of a bug', () => {
  test.each([
    ['over HTTP', 'GraphQL'],
    ['over a WebSocket', 'operation'],
  ])(
    'are logged a limited number of times a minute, then as a count, %s',
    async (transport, subject) => {
      const clock = new FakeClock();
      const senti = await startSenti(undefined, clock, withBug);
      const socket = connectGraphQL(senti.socketUrl);
      for (let i = 0; i < TIMES; i++) {
        const answer =
          transport === 'over HTTP'
            ? await post(senti.url, StatusDocument, {})
            : (await run(socket, StatusDocument, {}).next()).value;
        expect(answer?.errors).toMatchObject([{ message: 'Unexpected error.' }]);
      }
      expect(senti.warnings.length).toBe(LINES_A_MINUTE);
      for (const line of senti.warnings) expect(line).toContain('a part broke');
      clock.advance(60_000);
      const messages = senti.warnings.slice(LINES_A_MINUTE).map((line) => JSON.parse(line).msg);
      expect(messages).toContain(`and ${TIMES - LINES_A_MINUTE} more (${subject}, error)`);
    },
  );
});

describe('a bounded log', () => {
  function start(level: string) {
    const lines: { level: number; msg: string; err?: { message: string } }[] = [];
    const clock = new FakeClock();
    const limits = createLineLimits(
      pino({ level }, { write: (line) => void lines.push(JSON.parse(line)) }),
      clock,
    );
    return { lines, clock, log: limits.about('cluster') };
  }

  test('does not let a flood at one level hide another level', () => {
    const { lines, clock, log } = start('info');
    for (let i = 0; i < TIMES; i++) log.warn('NATS: it broke');
    log.info('cluster: connected');
    expect(lines.at(-1)).toMatchObject({ level: 30, msg: 'cluster: connected' });
    clock.advance(60_000);
    expect(lines.at(-1)).toMatchObject({
      level: 40,
      msg: `and ${TIMES - LINES_A_MINUTE} more (cluster, warn)`,
    });
  });

  test('does not count lines below its level', () => {
    const { lines, clock, log } = start('error');
    for (let i = 0; i < TIMES; i++) log.warn('NATS: it broke');
    clock.advance(60_000);
    expect(lines).toEqual([]);
  });

  test('keeps the error of a line', () => {
    const { lines, log } = start('info');
    log.error('it failed', new Error('no route'));
    expect(lines).toMatchObject([{ level: 50, msg: 'it failed', err: { message: 'no route' } }]);
  });
});
