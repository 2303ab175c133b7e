// Sessions on the two WebSockets: handshakes, messages in every order, and broken frames.

import type { Dice } from './dice.ts';
import {
  brokenFrame,
  closeFrame,
  cutUp,
  encodeFrame,
  fragmented,
  markFrame,
  OPCODES,
  oddPing,
  textFrame,
} from './frames.ts';
import { brokenJson, jsonObject, jsonValue } from './json.ts';
import { oddRequest } from './operations.ts';
import type { Session } from './session.ts';
import { HOSTILE_NAMES, oddText, oddTrack } from './texts.ts';

const MAX_MESSAGES = 24;
const GOODBYES = [1000, 1001, 3000, 4999];
/** Tracks that the server accepts, in several spellings. */
const ACCEPTED = [
  ' ',
  'coffee',
  '#Tea',
  'straße STRASSE',
  '"flat white" -decaf',
  'b a,c',
  'x\u202e😀',
  '@__proto__',
];
/** Some repeat, and some have a meaning in JavaScript. */
const IDS = ['1', '1', '2', ...HOSTILE_NAMES];
const HANDSHAKE_FLAWS = [
  'Sec-WebSocket-Version: 7',
  'Sec-WebSocket-Key: short',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99',
  'Sec-WebSocket-Extensions: ;;=,',
  'Sec-WebSocket-Protocol: graphql-ws, , graphql-transport-ws',
  'Sec-WebSocket-Protocol: a,a',
  'Upgrade: h2c',
  'Content-Length: 5',
  'Transfer-Encoding: chunked',
  'Origin: null',
  'Origin: https://evil.example',
];

/** A session on the WebSocket at `path`. */
export function socketSession(dice: Dice, path: '/graphql' | '/track'): Session {
  const surface = path === '/graphql' ? 'graphql' : 'track';
  const make = path === '/graphql' ? graphqlMessage : trackMessage;
  const flawed = dice.chance(0.05);
  const parts = [handshake(dice, path, flawed)];
  if (path === '/graphql' && dice.chance(0.93)) {
    parts.push(textFrame(jsonObject([['type', '"connection_init"'], ...payloadOf(dice, 0.3)])));
  }
  const messages = dice.some(1, MAX_MESSAGES, () => make(dice));
  if (path === '/graphql' && dice.chance(0.2)) messages.splice(0, 0, ...hurried(dice));
  for (const message of messages) {
    parts.push(dice.chance(0.1) ? fragmented(dice, message) : textFrame(message));
    if (dice.chance(0.1)) parts.push(oddPing(dice));
  }
  // A fatal message comes last, after a mark that shows that the server has read the others.
  parts.push(markFrame());
  const isFatal = dice.chance(0.3);
  if (isFatal) parts.push(fatalMessage(dice, path));
  const inputs = parts.length - 1;
  if (!isFatal) parts.push(closeFrame(dice.pick(GOODBYES)));
  const after = dice.chance(0.1) ? dice.pick(['hang up', 'vanish'] as const) : undefined;
  const writes = cutUp(dice, parts);
  return { surface, inputs, writes, after: after ?? (isFatal ? 'linger' : 'wait') };
}

function handshake(dice: Dice, path: string, flawed: boolean): Buffer {
  const lines = [
    `${flawed && dice.chance(0.2) ? 'POST' : 'GET'} ${path} HTTP/1.1`,
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
  if (path === '/graphql') lines.push('Sec-WebSocket-Protocol: graphql-transport-ws');
  if (flawed) lines.push(dice.pick(HANDSHAKE_FLAWS));
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}

function graphqlMessage(dice: Dice): string {
  const id = JSON.stringify(
    dice.chance(0.05) ? dice.pick(IDS) : `${dice.below(1e6)}${oddText(dice)}`,
  );
  const subscribe = () =>
    jsonObject([
      ['id', id],
      ['type', '"subscribe"'],
      ['payload', oddRequest(dice)],
    ]);
  const complete = () =>
    jsonObject([
      ['id', id],
      ['type', '"complete"'],
    ]);
  if (dice.chance(0.7)) return subscribe();
  if (dice.chance(0.5)) return complete();
  if (dice.chance(0.97)) {
    return jsonObject([['type', dice.pick(['"ping"', '"pong"'])], ...payloadOf(dice, 0.6)]);
  }
  const type = dice.pick(['connection_init', 'connection_ack', 'next', 'error', ...HOSTILE_NAMES]);
  return jsonObject([
    ['id', id],
    ['type', JSON.stringify(type)],
    ['payload', jsonValue(dice)],
  ]);
}

/** Subscribes and completes with one id again and again, without waiting in between. */
function hurried(dice: Dice): string[] {
  const id = JSON.stringify(dice.pick(IDS));
  const payload = '{"query":"subscription { sentiment(track: \\"tea\\") { score } }"}';
  const subscribe = jsonObject([
    ['id', id],
    ['type', '"subscribe"'],
    ['payload', payload],
  ]);
  const complete = jsonObject([
    ['id', id],
    ['type', '"complete"'],
  ]);
  return dice
    .some(1, 3, () => [subscribe, complete])
    .flat()
    .concat(dice.pick([subscribe, complete]));
}

function payloadOf(dice: Dice, share: number): [string, string][] {
  if (!dice.chance(share)) return [];
  return [['payload', dice.chance(0.97) ? jsonObject([['a', jsonValue(dice)]]) : jsonValue(dice)]];
}

function trackMessage(dice: Dice): string {
  // A rejected track ends the connection.
  const track = dice.chance(0.97) ? dice.pick(ACCEPTED) : oddTrack(dice);
  const others = dice.some(0, 2, () => [dice.pick(HOSTILE_NAMES), jsonValue(dice)] as const);
  return jsonObject([...others, ['track', JSON.stringify(track)]]);
}

function fatalMessage(dice: Dice, path: string): Buffer {
  if (dice.chance(0.6)) return brokenFrame(dice);
  const text = dice.chance(0.5) ? brokenJson(dice) : jsonValue(dice);
  if (path === '/track' && dice.chance(0.5))
    return textFrame(jsonObject([['track', jsonValue(dice)]]));
  const opcode = dice.pick([OPCODES.text, OPCODES.binary]);
  return encodeFrame({ opcode, payload: Buffer.from(text) });
}
