// Text that programs stumble over, and tracks bent out of shape.

import type { Dice } from './dice.ts';

/** Names that mean something to JavaScript. */
export const HOSTILE_NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  'then',
  'toJSON',
  'length',
] as const;

/** Text that Unicode, JSON, HTML or a terminal has its own ideas about. */
export const ODD_TEXTS = [
  '',
  ' ',
  '\0',
  '\ud800',
  '\udfff\ud800',
  '\u202e',
  '\ufeff',
  '\u2028\u2029',
  '\u001b[31m',
  '\r\nX-Injected: 1\r\n',
  '👩‍👩‍👧‍👦',
  'ß'.repeat(40),
  '\ufdfa'.repeat(30),
  `a${'\u0301'.repeat(200)}`,
  '&amp;&#0;&#x110000;&notit;',
  '<script>alert(1)</script>',
  '"',
  '\\',
  '%00%ff%',
  '../../etc/passwd',
  '9'.repeat(400),
  'İıſK',
] as const;

const TOPICS = ['coffee', 'tea', 'pizza', '#coffee', '@jack', '$tsla', '"flat white"', 'straße'];
const MARKS = [',', ' ', '-', '"', '“', '#', '@', '$', '\t', '\n', '.', ', -', ' - ', '""', '＃'];

/** A text: mostly short, now and then long. */
export function oddText(dice: Dice): string {
  if (dice.chance(0.02))
    return dice
      .pick(ODD_TEXTS)
      .repeat(1 + dice.below(200))
      .slice(0, 20_000);
  const parts = dice.some(1, 3, () =>
    dice.chance(0.2)
      ? dice.pick(HOSTILE_NAMES)
      : dice.chance(0.5)
        ? dice.pick(ODD_TEXTS)
        : dice.pick(TOPICS),
  );
  return parts.join(dice.pick(['', ' ', ',']));
}

/** A query of the track language: some are understood, most of the others nearly are. */
export function oddTrack(dice: Dice): string {
  if (dice.chance(0.3)) return dice.pick(TOPICS);
  if (dice.chance(0.15)) return oddText(dice);
  if (dice.chance(0.03)) return `${dice.pick(TOPICS)}${dice.pick(MARKS)}`.repeat(dice.below(90));
  return dice
    .some(1, 8, () => (dice.chance(0.6) ? dice.pick(TOPICS) : dice.pick(MARKS)))
    .join(dice.pick(['', ' ']));
}
