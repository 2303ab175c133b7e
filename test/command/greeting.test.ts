import { expect, test } from 'vitest';
import { explainListenError, greet, greetAtTerminal } from '../../src/command/greeting.ts';
import { listening, start } from '../support/program.ts';

const url = 'http://127.0.0.1:8000';

test('the greeting says where to look, what runs, and how to get live posts', () => {
  const text = greetAtTerminal(greet(url, { source: 'sample', graphiql: true }));
  expect(text).toMatch(/dashboard +http:\/\/127\.0\.0\.1:8000\n/);
  expect(text).toMatch(/GraphiQL +http:\/\/127\.0\.0\.1:8000\/graphql\n/);
  expect(text).toMatch(/\/track +ws:\/\/127\.0\.0\.1:8000\/track\n/);
  expect(text).toContain('made up by the built-in sample');
  expect(text).toContain('npm start -- --source bluesky');
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
});

test('the greeting does not offer what is there or switched off', () => {
  const text = greetAtTerminal(greet(url, { source: 'bluesky', graphiql: false }));
  expect(text).not.toContain('--source');
  expect(text).not.toContain('GraphiQL');
});

test('where nobody watches, the greeting is lines of JSON like the rest of the log', async () => {
  const program = start('--port', '0');
  let log = '';
  program.stdout.on('data', (chunk) => {
    log += chunk;
  });
  await listening(program);
  program.kill('SIGTERM');
  await new Promise((resolve) => program.stdout.once('end', resolve));
  const lines = log.trim().split('\n');
  expect(lines.length).toBeGreaterThan(4);
  for (const line of lines) expect(JSON.parse(line).msg).toBeTypeOf('string');
});

test.each([
  ['EADDRINUSE', 'the port is in use. Choose another: npm start -- --port 8001'],
  ['EACCES', 'this user may not'],
  ['EADDRNOTAVAIL', 'this machine has no such address'],
])('%s is explained, with what to do', (code, explanation) => {
  const error = Object.assign(new Error('listen'), { code, syscall: 'listen' });
  const explained = explainListenError(error, { host: '127.0.0.1', port: 8000 });
  expect(explained).toContain(`cannot listen on 127.0.0.1:8000: ${explanation}`);
});

test('what is no failure to listen is left alone', () => {
  expect(explainListenError(new Error('bug'), { host: 'x', port: 1 })).toBeUndefined();
});
