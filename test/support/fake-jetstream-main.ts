// A command that plays a file as if it were Bluesky, for as long as it runs: npm run fake-jetstream -- --file FILE

import { systemClock } from '../../src/base/clock.ts';
import { startFakeJetstream } from './fake-jetstream.ts';
import { identityEvent, postEvent } from './jetstream-events.ts';
import { listening, type PlayArguments, readPlayArguments } from './play-arguments.ts';

/** So much passes at most without a frame: the real stream is never still either. */
const SIGN_OF_LIFE_MS = 5000;
const TICK_MS = 50;

const told = readPlayArguments('fake-jetstream', 50);
if (told !== undefined) await play(told);

async function play({ posts, rate, port }: PlayArguments): Promise<void> {
  const jetstream = await listening('fake-jetstream', startFakeJetstream({ port }));
  console.log(`${posts.length} posts, ${rate} a second, over and over. Try it with:\n`);
  for (const url of [jetstream.url, jetstream.urlV2]) {
    console.log(`  npm start -- --source bluesky --bluesky-url ${url}\n`);
  }

  // Numbers of an earlier run would be taken for repeats of its posts.
  const first = systemClock.now();
  const start = systemClock.monotonic();
  let played = 0;
  setInterval(() => {
    const due = ((systemClock.monotonic() - start) / 1000) * rate;
    for (; played < due; played++) {
      const draft = posts[played % posts.length];
      if (draft) jetstream.emit(postEvent(first + played, draft));
    }
  }, TICK_MS);
  setInterval(() => jetstream.emit(identityEvent(0)), SIGN_OF_LIFE_MS);
}
