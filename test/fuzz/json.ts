// JSON of all kinds, as text, since much of it is nothing that JSON.stringify would write.

import type { Dice } from './dice.ts';
import { HOSTILE_NAMES, oddText } from './texts.ts';

const NUMBERS = [
  '0',
  '-0',
  '1e999',
  '-1e-999',
  '9007199254740993',
  '1E400',
  '0.1',
  '3'.repeat(500),
];
const LITERALS = ['null', 'true', 'false', '""', '[]', '{}', '[null]', '{"":0}'];
/** Nothing of it is JSON. */
const BROKEN = [
  '',
  '{',
  '[1,]',
  "{'a':1}",
  '{"a":1,}',
  'NaN',
  'undefined',
  '01',
  '"\t"',
  '"\\x41"',
  '"\\u12"',
  '{"a" 1}',
  '{}{}',
  '/* */1',
  '\ufeff{}',
  '"',
];
/** More than JSON.stringify has stack for, and within what a message may hold. */
const DEEPEST = 10_000;

/** A string as JSON; what has to be escaped sometimes is not. */
export function jsonString(dice: Dice, text: string): string {
  return dice.chance(0.998) ? JSON.stringify(text) : `"${text}"`;
}

/** A value that is valid JSON. */
export function jsonValue(dice: Dice, depth = 3): string {
  if (dice.chance(0.01)) return nested(dice);
  if (depth === 0 || dice.chance(0.5)) {
    if (dice.chance(0.4)) return jsonString(dice, oddText(dice));
    return dice.chance(0.5) ? dice.pick(NUMBERS) : dice.pick(LITERALS);
  }
  if (dice.chance(0.3)) return `[${dice.some(0, 4, () => jsonValue(dice, depth - 1)).join(',')}]`;
  return jsonObject(dice.some(0, 4, () => [jsonKey(dice), jsonValue(dice, depth - 1)]));
}

/** An object with the given keys, the same one more than once if it is given so. */
export function jsonObject(entries: readonly (readonly [key: string, json: string])[]): string {
  return `{${entries.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(',')}}`;
}

/** What is no JSON, or JSON with something after it. */
export function brokenJson(dice: Dice): string {
  if (dice.chance(0.5)) return dice.pick(BROKEN);
  const whole = jsonObject([[jsonKey(dice), jsonValue(dice)]]);
  return dice.chance(0.5) ? whole.slice(0, dice.below(whole.length)) : whole + dice.pick(BROKEN);
}

function jsonKey(dice: Dice): string {
  return dice.chance(0.6) ? dice.pick(HOSTILE_NAMES) : oddText(dice).slice(0, 100);
}

function nested(dice: Dice): string {
  const depth = 1 + dice.below(DEEPEST);
  return dice.chance(0.5)
    ? `${'['.repeat(depth)}${']'.repeat(depth)}`
    : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
}
