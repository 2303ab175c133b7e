import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { AnalyzeDocument } from '../schema/operations.ts';
import { connectTrack, post } from './support/clients.ts';
import { exitOf, listening, start } from './support/program.ts';

test('starts without options, delivers events and exits on SIGTERM', async () => {
  const program = start('--port', '0');
  const exited = exitOf(program);
  const url = await listening(program);
  expect((await post(url, AnalyzeDocument, { text: 'great' })).data?.analyze.polarity).toBe(
    'POSITIVE',
  );
  const client = await connectTrack(url.replace('http', 'ws'));
  client.send({ track: 'coffee, tea, football, music, weather, train, dog, dogs, pizza, running' });
  await client.received(1);
  program.kill('SIGTERM');
  expect((await client.closed).code).toBe(1001);
  expect(await exited).toEqual({ code: 0, errors: '' });
});

test('lists every mistake in its options and exits with 1', async () => {
  const { code, errors } = await exitOf(start('--port', 'x', '--bogus', '--rate', '-1'));
  expect(code).toBe(1);
  expect(errors.trim().split('\n').length).toBeGreaterThanOrEqual(3);
  expect(errors).toContain('Unknown option --bogus');
  expect(errors).toContain('--port is "x"');
});

test('reports that a port is in use and exits with 1', async () => {
  const port = new URL(await listening(start('--port', '0'))).port;
  const second = start('--port', port);
  const [log, [code]] = await Promise.all([text(second.stdout), once(second, 'exit')]);
  expect(code).toBe(1);
  expect(log).toContain(`cannot listen on 127.0.0.1:${port}: the port is in use`);
  expect(log).toContain(`--port ${Number(port) + 1}`);
});
