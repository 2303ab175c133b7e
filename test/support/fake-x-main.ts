// The stand-in for X as a command: plays a file of posts to whoever streams, again and again.
// npm run fake-x -- --file posts.ndjson [--rate N] [--port N]

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startFakeX } from './fake-x.ts';

const KEEP_ALIVE_MS = 20_000;
/** X counts the milliseconds in its ids from this moment on. */
const EPOCH_OF_IDS = 1288834974657n;
const USAGE =
  'Usage: npm run fake-x -- --file posts.ndjson [--rate POSTS_A_SECOND] [--port NUMBER]\n';

const { values } = parseArgs({
  options: {
    file: { type: 'string' },
    rate: { type: 'string', default: '20' },
    port: { type: 'string', default: '0' },
  },
});
const rate = Number(values.rate);
const port = Number(values.port);

if (!values.file || !(rate > 0) || !Number.isInteger(port)) {
  process.stderr.write(USAGE);
  process.exitCode = 1;
} else {
  const posts = readPosts(values.file);
  const x = await startFakeX({ port, keepAliveMs: KEEP_ALIVE_MS });
  process.stdout.write(
    `A stand-in for X plays ${posts.length} posts, ${rate} a second. In another terminal:\n\n` +
      `  X_BEARER_TOKEN=${x.token} npm start -- --source x --x-url ${x.url}\n\n`,
  );
  let played = 0;
  let last = '';
  const timer = setInterval(() => {
    const post = posts[played % posts.length];
    played += 1;
    if (post === undefined) return;
    const id = String(((BigInt(Date.now()) - EPOCH_OF_IDS) << 22n) + BigInt(played % 4096));
    void x.push({ ...post, id, created_at: new Date().toISOString() });
    const now = `${x.connected ? 'streaming' : 'no stream'}, ${x.rules.size} rules`;
    if (now !== last) process.stdout.write(`${now}\n`);
    last = now;
  }, 1000 / rate);
  process.once('SIGINT', () => {
    clearInterval(timer);
    void x.close();
  });
}

function readPosts(file: string): { text: string; lang: string }[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const { text, lang = 'en' } = JSON.parse(line) as { text: string; lang?: string };
      return { text, lang };
    });
}
