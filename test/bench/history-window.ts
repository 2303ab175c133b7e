// Part of npm run bench -- history: what a message of `window` costs the server, against one of `sentiment`.

import { setTimeout as delay } from 'node:timers/promises';
import { round, startPair } from './fanout.ts';
import { median } from './measure.ts';

const LISTENERS = 1000;
const TOPICS = 10;
/** Each listener gets as many messages of either kind: one a second. */
const POSTS_A_SECOND = TOPICS;
const WARM_UP_SECONDS = 5;
const SECONDS = 20;
const ROUNDS = 3;

const SENTIMENT =
  'subscription ($track: String!) { sentiment(track: $track) { polarityIndex hashtags { tag count } post { id } } }';
const FIELDS = 'posts meanScore postsPerMinute hashtags { tag count }';
const WINDOW = `subscription ($track: String!) { window(track: $track, every: 1) { ${FIELDS} spike previous { ${FIELDS} } } }`;
/** Open as the others, but nothing is said. */
const QUIET = 'subscription ($track: String!) { window(track: $track, every: 3600) { posts } }';

export async function measureWindows() {
  const found: Record<string, number[]> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, query, isTold] of [
      ['quiet', QUIET, false],
      ['sentiment', SENTIMENT, true],
      ['window', WINDOW, true],
    ] as const) {
      const { cpu, messages } = await measure(query, isTold);
      found[`${name} CPU`] = [...(found[`${name} CPU`] ?? []), cpu];
      found[`${name} messages`] = [...(found[`${name} messages`] ?? []), messages];
    }
  }
  const of = (name: string) => median(found[name] ?? []);
  const quiet = of('quiet CPU');
  const rows = (['sentiment', 'window'] as const).map((name) => ({
    subscription: name,
    messages: of(`${name} messages`),
    'µs a message': round((of(`${name} CPU`) - quiet) / of(`${name} messages`)),
    'load %': round((100 * of(`${name} CPU`)) / (SECONDS * 1e6)),
  }));
  return {
    title: `µs of the server's CPU for each message: ${LISTENERS} listeners on ${TOPICS} topics, one message a second each`,
    rows,
  };
}

async function measure(query: string, isTold: boolean) {
  await using pair = await startPair('senti');
  const sockets = Array.from({ length: LISTENERS }, (_, i) => [`word${i % TOPICS}`]);
  await pair.open('/graphql', sockets, query);
  let said = 0;
  const play = async (seconds: number) => {
    const start = performance.now();
    for (let post = 0; post < seconds * POSTS_A_SECOND; post++) {
      if (isTold) {
        const n = said++;
        const text = `word${n % TOPICS} is great #bean #tag${n % 37} @${n}`;
        pair.server({ ask: 'publish', turns: [[text]] });
      }
      await delay(Math.max(0, start + (1000 * (post + 1)) / POSTS_A_SECOND - performance.now()));
    }
  };
  await play(WARM_UP_SECONDS);
  const before = { ...(await pair.measure()), ...(await pair.count()) };
  await play(SECONDS);
  const after = { ...(await pair.measure()), ...(await pair.count()) };
  return { cpu: after.cpu - before.cpu, messages: after.received - before.received };
}
