// A command that plays a file as if it were Bluesky, for as long as it runs: npm run fake-jetstream -- --file FILE

import { startFakeJetstream } from './fake-jetstream.ts';
import { identityEvent, postEvent } from './jetstream-events.ts';
import { listening, type PlayArguments, playOn, readPlayArguments } from './play-arguments.ts';

/** The longest time without a frame: the real stream is never quiet for longer. In milliseconds. */
const SIGN_OF_LIFE_MS = 5000;

const told = readPlayArguments('fake-jetstream', 50);
if (told !== undefined) await play(told);

async function play(told: PlayArguments): Promise<void> {
  const { posts, rate, port } = told;
  const jetstream = await listening('fake-jetstream', startFakeJetstream({ port }));
  console.log(`${posts.length} posts, ${rate} a second, over and over. Try it with:\n`);
  for (const url of [jetstream.url, jetstream.urlV2]) {
    console.log(`  npm start -- --source bluesky --bluesky-url ${url}\n`);
  }

  playOn(told, (post, number) => jetstream.emit(postEvent(number, post)));
  setInterval(() => jetstream.emit(identityEvent(0)), SIGN_OF_LIFE_MS);
}
