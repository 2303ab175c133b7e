// The stand-in for X as a command: plays a file of posts to each client that streams, again and again.
// npm run fake-x -- --file FILE [--rate N] [--port N]

import { startFakeX } from './fake-x.ts';
import type { Rule } from './fake-x-rules.ts';
import { listening, readPlayArguments } from './play-arguments.ts';

const KEEP_ALIVE_MS = 20_000;
const SECONDS_A_DAY = 24 * 60 * 60;
/** X counts the milliseconds in its ids from this moment on. */
const EPOCH_OF_IDS = 1288834974657n;

const play = readPlayArguments('fake-x', 20);
if (play !== undefined) {
  const { posts, rate, port } = play;
  const postsPerDay = (rule: Rule) => {
    const matching = posts.filter(({ text, langs }) =>
      rule({ text, lang: langs[0] ?? 'en', isRetweet: false }),
    );
    return (rate * SECONDS_A_DAY * matching.length) / posts.length;
  };
  const options = { port, keepAliveMs: KEEP_ALIVE_MS, postsPerDay };
  const x = await listening('fake-x', startFakeX(options));
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
    const { text, langs } = post;
    void x.push({ text, lang: langs[0] ?? 'en', id, created_at: new Date().toISOString() });
    const now = `${x.connected ? 'streaming' : 'no stream'}, ${x.rules.size} rules`;
    if (now !== last) process.stdout.write(`${now}\n`);
    last = now;
  }, 1000 / rate);
  process.once('SIGINT', () => {
    clearInterval(timer);
    void x.close();
  });
}
