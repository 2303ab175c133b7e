// Makes a session from its seed and its index alone.

import { diceOf } from './dice.ts';
import { requestSession, streamSession } from './requests.ts';
import type { Session } from './session.ts';
import { socketSession } from './sockets.ts';

export function sessionOf(seed: number, index: number): Session {
  const dice = diceOf(seed, index);
  if (dice.chance(0.25)) return requestSession(dice);
  if (dice.chance(0.3)) return streamSession(dice);
  return socketSession(dice, dice.chance(0.55) ? '/graphql' : '/track');
}
