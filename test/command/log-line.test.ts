import fc from 'fast-check';
import { GraphQLError, parse } from 'graphql';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { cutLine, loggedError, MAX_LINE } from '../../src/command/log-line.ts';
import { exitOf, listening, startWith } from '../support/program.ts';

/** Creates a log as the program does. */
function createLog() {
  const lines: string[] = [];
  const log = pino(
    { serializers: { err: loggedError }, hooks: { streamWrite: cutLine } },
    { write: (line) => void lines.push(line) },
  );
  return { log, lines };
}

function lineOf(write: (log: ReturnType<typeof createLog>['log']) => void) {
  const { log, lines } = createLog();
  write(log);
  expect(lines.length).toBe(1);
  expect(lines[0]?.length).toBeLessThanOrEqual(MAX_LINE);
  return JSON.parse(lines[0] ?? '');
}

describe('a line of the log', () => {
  test('keeps all of a short error', () => {
    const cause = new Error('no route');
    const error = Object.assign(new Error('it broke', { cause }), { code: 'EIO' });
    const { err, msg } = lineOf((log) => log.error({ err: error }, 'an operation failed'));
    expect(msg).toBe('an operation failed');
    expect(err).toMatchObject({ type: 'Error', message: 'it broke: no route', code: 'EIO' });
    expect(err.stack).toContain('log-line.test.ts');
    expect(err.stack).toContain('caused by: Error: no route');
  });

  test('leaves out the query that a GraphQL error carries', () => {
    const source = `{ analyze(text: "${'x'.repeat(600_000)}") { polarity } }`;
    const error = new GraphQLError('it broke', { nodes: parse(source).definitions });
    const { err } = lineOf((log) => log.error({ err: error }, 'an operation failed'));
    expect(Object.keys(err).sort()).toEqual(['message', 'stack', 'type']);
  });

  test('marks the long texts that it cuts', () => {
    const text = 'x'.repeat(600_000);
    const line = lineOf((log) =>
      log.error({ err: new Error(text), state: { reason: text } }, text),
    );
    for (const it of [line.msg, line.err.message, line.err.stack, line.state.reason]) {
      expect(it).toMatch(/^(Error: )?x{80,1000}… \(cut\)$/);
    }
  });

  test('is short and valid JSON, whatever it contains', () => {
    const long = fc.string({ unit: 'binary', minLength: 100, maxLength: 10_000 });
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string(), long, { maxKeys: 5 })),
        long,
        (list, text) => {
          expect(lineOf((log) => log.warn({ list, text }, text))).toMatchObject({ level: 40 });
        },
      ),
      { numRuns: 50 },
    );
  });
});

test('the program cuts the log line of a crash', async () => {
  const crash = 'process.on("SIGUSR2", () => { throw new Error("\\u0001".repeat(600000)) })';
  const program = startWith(['--import', `data:text/javascript,${crash}`], '--port', '0');
  await listening(program);
  let log = '';
  program.stdout.on('data', (chunk) => {
    log += chunk;
  });
  program.kill('SIGUSR2');
  expect((await exitOf(program)).code).toBe(1);
  expect(log).toMatch(/"msg":"crashed"/);
  for (const line of log.trim().split('\n')) expect(line.length).toBeLessThan(MAX_LINE);
});
