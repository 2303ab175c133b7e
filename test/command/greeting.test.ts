import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { explainListenError, greet, greetAtTerminal } from '../../src/command/greeting.ts';
import { atSources } from '../../src/track/track.ts';
import { listening, start } from '../support/program.ts';
import { configOf, startSenti } from '../support/senti.ts';
import { track } from '../support/tracks.ts';

const url = 'http://127.0.0.1:8000';
const USUAL = {
  host: '127.0.0.1',
  graphiql: true,
  documents: undefined,
  follow: [],
  xDailyPosts: 10_000,
} as const;

test('the greeting names the addresses, the source and how to get live posts', () => {
  const text = greetAtTerminal(greet({ url }, { ...USUAL, sources: ['sample'] }));
  expect(text).toMatch(/dashboard +http:\/\/127\.0\.0\.1:8000\n/);
  expect(text).toMatch(/GraphiQL +http:\/\/127\.0\.0\.1:8000\/graphql\n/);
  expect(text).toMatch(/\/track +ws:\/\/127\.0\.0\.1:8000\/track\n/);
  expect(text).toContain('made up by the built-in sample');
  expect(text).toContain('npm start -- --source bluesky');
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test('the greeting offers no live posts when they are on, and no GraphiQL when it is off', () => {
  const text = greetAtTerminal(greet({ url }, { ...USUAL, sources: ['bluesky'], graphiql: false }));
  expect(text).not.toContain('--source');
  expect(text).not.toContain('GraphiQL');
});

test('the greeting names the tracks that are followed, and on X what they may cost', () => {
  const follow = [track('coffee'), track('rust lang, #rustlang')];
  const text = greetAtTerminal(greet({ url }, { ...USUAL, sources: ['x'], follow }));
  expect(text).toContain('coffee | #rustlang, lang rust');
  expect(text).toContain('up to $50.00 a day for 10000 posts (--x-daily-posts)');
  expect(text).not.toContain('once a client tracks a topic');
  const free = greetAtTerminal(greet({ url }, { ...USUAL, sources: ['bluesky'], follow }));
  expect(free).not.toContain('$');
  const both = greetAtTerminal(greet({ url }, { ...USUAL, sources: ['bluesky', 'x'], follow }));
  expect(both).toContain('live from Bluesky and live from X\n');
  expect(both).toContain('$50.00');
  const apart = follow.map((each) => atSources(each, ['bluesky']));
  const elsewhere = greet({ url }, { ...USUAL, sources: ['bluesky', 'x'], follow: apart });
  expect(greetAtTerminal(elsewhere)).toContain('coffee [bluesky]');
  expect(greetAtTerminal(elsewhere)).not.toContain('$');
  const unlimited = greet({ url }, { ...USUAL, sources: ['x'], follow, xDailyPosts: 'none' });
  expect(greetAtTerminal(unlimited)).toContain('without a limit');
});

test('the greeting of a server on every address names those that can be opened', async () => {
  const address = (family: 'IPv4' | 'IPv6', address: string, internal = false) =>
    ({ family, address, internal }) as NetworkInterfaceInfo;
  const interfaces = {
    lo: [address('IPv4', '127.0.0.1', true)],
    eth0: [address('IPv4', '192.168.1.7'), address('IPv6', 'fe80::1')],
  };
  const config = { ...USUAL, sources: ['sample' as const] };
  const open = greet({ url }, { ...config, host: '0.0.0.0' }, interfaces);
  expect(open.filter(([name]) => name === 'network')).toEqual([
    ['network', 'http://192.168.1.7:8000'],
  ]);
  const withOwn = greet({ url, ownUrl: 'http://127.0.0.1:9001' }, config);
  expect(withOwn).toContainEqual(['own port', 'http://127.0.0.1:9001']);
  expect(JSON.stringify(greet({ url }, config, interfaces))).not.toContain('192.168');
});

test.each(['0.0.0.0', '::'])('an address of a server on %s can be opened', async (host) => {
  const { url } = await startSenti(configOf('--host', host));
  expect(url).toMatch(/\/\/(127\.0\.0\.1|\[::1\]):/);
  expect((await fetch(`${url}/health`)).status).toBe(200);
});

test('without a terminal, the greeting is logged as JSON, with the addresses of this machine', async () => {
  const program = start('--port', '0', '--host', '0.0.0.0');
  let log = '';
  program.stdout.on('data', (chunk) => {
    log += chunk;
  });
  await listening(program);
  program.kill('SIGTERM');
  await new Promise((resolve) => program.stdout.once('end', resolve));
  const lines = log.trim().split('\n');
  expect(lines.length).toBeGreaterThan(4);
  const messages = lines.map((line) => JSON.parse(line).msg);
  for (const message of messages) expect(message).toBeTypeOf('string');
  const own = Object.values(networkInterfaces())
    .flatMap((addresses = []) => addresses)
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map((it) => `network: http://${it.address}:`);
  const network = messages.filter((it) => it.startsWith('network: '));
  expect(network.map((it) => it.replace(/\d+$/, ''))).toEqual(own.slice(0, 3));
});

test.each([
  ['EADDRINUSE', 'the port is in use. Try another one: npm start -- --port 8001'],
  ['EACCES', 'permission denied. Use a port from 1024 on'],
  ['ENOTSUP', 'this system cannot share a port among processes. Omit --reuse-port'],
  ['EADDRNOTAVAIL', 'this machine has no such address'],
])('%s is explained, with a remedy', (code, explanation) => {
  const error = Object.assign(new Error('listen'), { code, syscall: 'listen' });
  const explained = explainListenError(error, configOf('--port', '8000'));
  expect(explained).toContain(`cannot listen on 127.0.0.1:8000: ${explanation}`);
});

test.each([
  ['EADDRINUSE', 80, 'the port is in use, and not shared.'],
  ['EADDRINUSE', 81, 'the port is in use. Try another one: npm start -- --own-port 82'],
  ['EACCES', 81, 'permission denied. Use a port from 1024 on: npm start -- --own-port 8001'],
])('of two ports, %s on %i is explained', (code, port, explanation) => {
  const error = Object.assign(new Error('listen'), { code, syscall: 'listen', port });
  const ports = ['--port', '80', '--own-port', '81', '--reuse-port', '--nats', 'nats://a:4222'];
  const explained = explainListenError(error, configOf(...ports));
  expect(explained).toContain(`cannot listen on 127.0.0.1:${port}: ${explanation}`);
});

test('any other error is not explained', () => {
  expect(explainListenError(new Error('bug'), configOf())).toBeUndefined();
});
