// The clients of the documentation that resume, word for word, each through a cut connection and a killed server.

import { once } from 'node:events';
import { expect, test } from 'vitest';
import { emptyFolder, runBlock } from '../support/block-program.ts';
import { connectGraphQL } from '../support/clients.ts';
import { crash, listening, start } from '../support/program.ts';
import { type Block, blocksOf, PAGES } from '../support/readmes.ts';
import { configOf, startSenti } from '../support/senti.ts';
import { startProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

const FOLDER = emptyFolder('resume');
/** In Node.js, EventSource reconnects only once; a real browser has a test of its own. */
const resuming = PAGES.flatMap(blocksOf).filter(
  ({ language, code }) => language === 'ts' && code.includes('recovered'),
);
const CLIENTS = ['graphql-ws', 'graphql-sse', '@apollo/client', '@urql/core'];

/** Runs a block and reads what it prints. */
function follow(block: Block, host: string) {
  const program = runBlock(block, FOLDER, host);
  let printed = '';
  const exited = once(program, 'exit').then(() => {
    throw new Error(`${block.name} exited: ${printed}`);
  });
  exited.catch(() => {});
  for (const output of [program.stdout, program.stderr]) {
    output.on('data', (chunk) => {
      printed += chunk;
    });
  }
  return {
    name: block.name,
    /** Cursors and notices, in the order in which they were printed. */
    lines: () => printed.match(/(?<=cursor: ')[\w-]+|^(recovered|gap)(?=: )/gm) ?? [],
    async has(isDone: (lines: readonly string[]) => boolean): Promise<void> {
      while (!isDone(this.lines())) await Promise.race([once(program.stdout, 'data'), exited]);
    },
  };
}

const isNotice = (line: string) => line === 'recovered' || line === 'gap';
const eventsOf = (lines: readonly string[]) => lines.filter((line) => !isNotice(line));

test('each client is shown', () => {
  const shown = CLIENTS.filter((name) => resuming.some(({ code }) => code.includes(name)));
  expect(shown).toEqual(CLIENTS);
});

test('each gets every event once, and knows it, when its connection is cut again and again', async () => {
  const senti = await startSenti(configOf('--linger', '60'));
  const proxy = await startProxy(Number(new URL(senti.url).port));
  const followers = resuming.map((block) => follow(block, `127.0.0.1:${proxy.port}`));
  const cursors = witness(senti.socketUrl);
  let said = 0;
  const say = (count: number) => {
    for (let i = 0; i < count; i += 1) senti.source.say('coffee');
    said += count;
  };
  const allHave = (isDone: (lines: readonly string[]) => boolean) =>
    Promise.all(followers.map((follower) => follower.has(isDone)));

  await until(() => senti.source.wanted.length > 0, 'the witness listens');
  await listeners(senti.url, followers.length + 1);
  say(5);
  await allHave((lines) => eventsOf(lines).length === said);
  for (let cut = 1; cut <= 2; cut += 1) {
    // Some of these are on their way when the connection breaks.
    say(20);
    proxy.cut();
    say(20);
    proxy.mend();
    await allHave((lines) => eventsOf(lines).length >= said);
    say(5);
    await allHave((lines) => eventsOf(lines).length >= said);
  }
  await until(() => cursors.length === said, 'the witness has all');
  const lines = Object.fromEntries(followers.map((follower) => [follower.name, follower.lines()]));
  for (const [name, printed] of Object.entries(lines)) {
    expect(eventsOf(printed), name).toEqual(cursors);
    expect(printed.filter(isNotice), name).toEqual(['recovered', 'recovered']);
  }
});

test('each is told of a gap when its server is killed and started again, and goes on', async () => {
  const first = start('--port', '0');
  const { host, port } = new URL(await listening(first));
  const followers = resuming.map((block) => follow(block, host));
  await Promise.all(followers.map((follower) => follower.has((lines) => lines.length > 0)));
  await crash(first);
  const before = followers.map((follower) => follower.lines().length);
  await listening(start('--port', port));
  await Promise.all(
    followers.map(async (follower, i) => {
      await follower.has((lines) => lines.length >= (before[i] ?? 0) + 3);
      const notices = follower.lines().filter(isNotice);
      expect(notices, follower.name).toEqual(['gap']);
      expect(new Set(follower.lines()).size, follower.name).toBe(follower.lines().length);
    }),
  );
});

/** The cursors that a client with an unbroken connection gets, as they come. */
function witness(socketUrl: string): readonly string[] {
  const cursors: string[] = [];
  connectGraphQL(socketUrl).subscribe<{ sentiment: { cursor: string } }>(
    { query: 'subscription { sentiment(track: "coffee") { cursor } }' },
    {
      next: ({ data }) => void cursors.push(data?.sentiment.cursor ?? ''),
      error() {},
      complete() {},
    },
  );
  return cursors;
}

/** Resolves when the server has so many listeners. */
async function listeners(url: string, count: number): Promise<void> {
  const query = encodeURIComponent('{ status { listeners } }');
  for (let now = 0; now < count; ) {
    const response = await fetch(`${url}/graphql?query=${query}`);
    now = (await response.json()).data.status.listeners;
  }
}
