// Frames as a client sends them (RFC 6455, section 5.2): valid ones, and all sorts of broken ones.

import type { Dice } from './dice.ts';

export const OPCODES = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly final?: boolean;
  /** RSV1 to RSV3, as the three bits below FIN. */
  readonly reserved?: number;
  readonly masked?: boolean;
  /** The length in the header, if it is not that of the payload. */
  readonly length?: bigint;
}

const MASK = Buffer.from([0x5a, 0x13, 0xc7, 0x88]);

/** The bytes of a frame. It is masked and final by default. */
export function encodeFrame(frame: Frame): Buffer {
  const { opcode, payload, final = true, reserved = 0, masked = true } = frame;
  const { length = BigInt(payload.length) } = frame;
  const first = (final ? 0x80 : 0) | (reserved << 4) | opcode;
  const bit = masked ? 0x80 : 0;
  const header = Buffer.alloc(length < 126n ? 2 : length <= 0xffffn ? 4 : 10);
  header[0] = first;
  header[1] = bit | (header.length === 2 ? Number(length) : header.length === 4 ? 126 : 127);
  if (header.length === 4) header.writeUInt16BE(Number(length), 2);
  if (header.length === 10) header.writeBigUInt64BE(length, 2);
  if (!masked) return Buffer.concat([header, payload]);
  const hidden = Buffer.from(payload.map((byte, i) => byte ^ (MASK[i % 4] ?? 0)));
  return Buffer.concat([header, MASK, hidden]);
}

export function textFrame(text: string): Buffer {
  return encodeFrame({ opcode: OPCODES.text, payload: Buffer.from(text) });
}

export function closeFrame(code: number): Buffer {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return encodeFrame({ opcode: OPCODES.close, payload });
}

/** The same message in pieces, now and then with a ping between them. */
export function fragmented(dice: Dice, text: string): Buffer {
  const bytes = Buffer.from(text);
  const pieces = 2 + dice.below(4);
  const size = Math.ceil(bytes.length / pieces);
  const frames = Array.from({ length: pieces }, (_, i) =>
    encodeFrame({
      opcode: i === 0 ? OPCODES.text : OPCODES.continuation,
      payload: bytes.subarray(i * size, (i + 1) * size),
      final: i === pieces - 1,
    }),
  );
  if (dice.chance(0.5)) frames.splice(1, 0, oddPing(dice));
  return Buffer.concat(frames);
}

/** A ping, or an unsolicited pong. */
export function oddPing(dice: Dice): Buffer {
  const opcode = dice.pick([OPCODES.ping, OPCODES.pong]);
  return encodeFrame({ opcode, payload: dice.bytes(dice.below(126)) });
}

/** The text of the mark: a ping, so its pong proves that the peer has read everything before it. */
export const SO_FAR = 'so far';

export function markFrame(): Buffer {
  return encodeFrame({ opcode: OPCODES.ping, payload: Buffer.from(SO_FAR) });
}

/** Frames that the protocol forbids. Each ends its connection. */
export function brokenFrame(dice: Dice): Buffer {
  const { text, continuation, close, ping } = OPCODES;
  const payload = Buffer.from('{"track":"coffee"}');
  return dice.pick<() => Buffer>([
    () => encodeFrame({ opcode: dice.pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), payload }),
    () => encodeFrame({ opcode: text, payload, reserved: 1 + dice.below(7) }),
    () => encodeFrame({ opcode: text, payload, masked: false }),
    () => encodeFrame({ opcode: text, payload, length: 1n << BigInt(17 + dice.below(47)) }),
    () => encodeFrame({ opcode: text, payload, length: 100_000n }),
    () => encodeFrame({ opcode: continuation, payload }),
    () => Buffer.concat([encodeFrame({ opcode: text, payload, final: false }), textFrame('{}')]),
    () => encodeFrame({ opcode: ping, payload: Buffer.alloc(126 + dice.below(500)) }),
    () => encodeFrame({ opcode: ping, payload, final: false }),
    () => encodeFrame({ opcode: text, payload: Buffer.from([0xc3, 0x28, 0xff, 0xed, 0xa0, 0x80]) }),
    () => closeFrame(dice.pick([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535])),
    () => encodeFrame({ opcode: close, payload: Buffer.from([3]) }),
    () => encodeFrame({ opcode: close, payload: Buffer.from([3, 0xe8, 0xc3, 0x28]) }),
    () => encodeFrame({ opcode: text, payload: Buffer.alloc(65 * 1024, 0x20) }),
    () => dice.bytes(2 + dice.below(40)),
  ])();
}

/** Puts the parts into one write, into one write each, or cuts them at a random place. */
export function cutUp(dice: Dice, parts: readonly Buffer[]): readonly Buffer[] {
  if (dice.chance(0.2)) return parts;
  const whole = Buffer.concat(parts);
  if (dice.chance(0.8)) return [whole];
  const at = dice.below(whole.length);
  return [whole.subarray(0, at), whole.subarray(at)];
}
