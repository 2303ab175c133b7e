// A process whose file descriptors run out goes on with those that it has.

import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { explainLimit, watchDescriptors } from '../../src/base/descriptors.ts';
import { connectTrack } from '../support/clients.ts';
import { readExposition } from '../support/exposition.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { startFakeJetstream } from '../support/fake-jetstream.ts';
import { postEvent } from '../support/jetstream-events.ts';
import {
  exitOf,
  listening,
  logged,
  MAIN,
  type Program,
  startNode,
  startWith,
} from '../support/program.ts';
import { until } from '../support/until.ts';

/** File descriptors. Node.js and Senti take about 25 at the start. */
const LIMIT = 64;

function startWithFew(...argv: readonly string[]) {
  const command = [process.execPath, MAIN, '--port', '0', ...argv];
  return startNode(['-c', `ulimit -n ${LIMIT}; exec "$@"`, 'bash', ...command], {}, 'bash');
}

/** Resolves with the first thing like a pattern that the program has said, or says later. */
function listenTo(program: Program) {
  let log = '';
  program.stdout.on('data', (chunk) => {
    log += chunk;
  });
  return async (pattern: RegExp) => {
    await until(() => pattern.test(log), String(pattern));
    return pattern.exec(log)?.[0] ?? '';
  };
}

/** One connection that stays, on which requests follow each other. */
function keepConnection(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return async (path: string) => {
    const asked = request(`${url}${path}`, { agent }).end();
    const [response] = await once(asked, 'response');
    return { status: response.statusCode, body: await text(response) };
  };
}

/** Opens more connections than there are descriptors. */
async function exhaust(url: string): Promise<Socket[]> {
  const { hostname, port } = new URL(url);
  const sockets: Socket[] = [];
  for (let i = 0; i < LIMIT; i++) {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    sockets.push(socket);
    await once(socket, 'connect');
  }
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return sockets;
}

test('without a file descriptor left, the connections there are go on, and new ones are closed', async () => {
  const jetstream = await startFakeJetstream();
  onTestFinished(() => jetstream.close());
  const program = startWithFew('--source', 'bluesky', '--bluesky-url', jetstream.url);
  const said = listenTo(program);
  const url = await said(/http:\/\/[\d.]+:\d+/);
  const ask = keepConnection(url);
  expect((await ask('/health')).status).toBe(200);
  const client = await connectTrack(url.replace('http', 'ws'));

  const sockets = await exhaust(url);
  await until(() => sockets.some((socket) => socket.closed), 'one is closed unanswered');
  await said(/no file descriptors are left/);
  expect((await ask('/health')).status).toBe(200);
  const metrics = await ask('/metrics');
  expect(metrics.status).toBe(200);
  const { values } = readExposition(metrics.body);
  expect(values.get('nodejs_heap_size_used_bytes')).toBeGreaterThan(0);
  expect(values.has('process_resident_memory_bytes')).toBe(false);
  // The source cannot connect either, which is a failure like others.
  client.send({ track: 'coffee' });
  await said(/source bluesky: waiting: /);
  expect((await ask('/ready')).status).toBe(503);

  for (const socket of sockets) socket.destroy();
  await jetstream.untilHandshake(1);
  await until(() => jetstream.open === 1, 'the source is connected');
  jetstream.emit(postEvent(1, { text: 'coffee' }));
  await client.received(1);
  expect((await fetch(`${url}/health`)).status).toBe(200);
  const exited = exitOf(program);
  program.kill('SIGTERM');
  expect(await exited).toEqual({ code: 0, errors: '' });
});

test('without a file descriptor left, a client that is there goes on hearing posts', async () => {
  const jetstream = await startFakeJetstream();
  onTestFinished(() => jetstream.close());
  const program = startWithFew('--source', 'bluesky', '--bluesky-url', jetstream.url);
  const said = listenTo(program);
  const url = await said(/http:\/\/[\d.]+:\d+/);
  const client = await connectTrack(url.replace('http', 'ws'));
  client.send({ track: 'coffee' });
  await said(/source bluesky: live/);
  const sockets = await exhaust(url);
  await until(() => sockets.some((socket) => socket.closed), 'one is closed unanswered');
  jetstream.emit(postEvent(1, { text: 'coffee' }));
  await client.received(1);
});

test('the start warns of a limit of the system below --max-sockets, and says what to do', async () => {
  expect(await logged(startWithFew(), /--max-sockets is[^"]*/)).toBe(
    `--max-sockets is 20000, but ${explained}`,
  );
});

const explained = explainLimit(LIMIT, 20_000)?.replace(/^.*?, but /, '');

describe('a limit of the system', () => {
  test.each([
    [1000, 900],
    [20_100, 20_000],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])('of %d is enough for %d sockets', (limit, sockets) => {
    expect(explainLimit(limit, sockets)).toBeUndefined();
  });

  test.each([
    [1000, 901, /is 901, .* 1000 file descriptors, enough for 900 connections/],
    [1000, Number.POSITIVE_INFINITY, /is none, .* enough for 900 connections/],
  ])('of %d is too low for %d sockets', (limit, sockets, said) => {
    expect(explainLimit(limit, sockets)).toMatch(said);
  });
});

test('while there are descriptors, nothing is said of them', () => {
  const clock = new FakeClock();
  const lines: string[] = [];
  const stop = watchDescriptors(clock, (line) => lines.push(line));
  clock.advance(10_000);
  expect(lines).toEqual([]);
  stop();
  expect(clock.pending).toBe(0);
});

test('a connection that the system fails to give is logged, and ends nothing', async () => {
  const code = `import { subscribe } from "node:diagnostics_channel";
    subscribe("tracing:net.server.listen:asyncEnd", ({ server }) => process.on("SIGUSR2", () =>
      server.emit("error", Object.assign(new Error("accept ENFILE"), { code: "ENFILE" }))));`;
  const preload = `data:text/javascript,${encodeURIComponent(code)}`;
  const program = startWith(['--import', preload], '--port', '0');
  const url = await listening(program);
  program.kill('SIGUSR2');
  await logged(program, /a connection failed: accept ENFILE/);
  expect((await fetch(`${url}/health`)).status).toBe(200);
});

test('without a file descriptor left, what the kernel holds for a connection looks like nothing', async () => {
  const code = `
    import { openSync } from 'node:fs';
    import { createSendQueues } from ${JSON.stringify(new URL('../../src/api/http/send-queues.ts', import.meta.url).href)};
    import { systemClock } from ${JSON.stringify(new URL('../../src/base/clock.ts', import.meta.url).href)};
    try { for (;;) openSync('/dev/null'); } catch (error) { console.log(error.code); }
    console.log(createSendQueues(systemClock)({}));`;
  const command = [process.execPath, '--input-type=module', '--eval', code];
  const program = startNode(
    ['-c', `ulimit -n ${LIMIT}; exec "$@"`, 'bash', ...command],
    {},
    'bash',
  );
  const [said, { code: exit, errors }] = await Promise.all([text(program.stdout), exitOf(program)]);
  expect({ said, exit, errors }).toEqual({ said: 'EMFILE\n0\n', exit: 0, errors: '' });
});
