// JSON of all kinds, as text, since JSON.stringify would write little of it.

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
/** Texts that are not JSON. */
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
/** Too deep for the stack of JSON.stringify, and not too long for a message. */
const DEEPEST = 10_000;

/** A string as JSON. Seldom, it lacks its escapes. */
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

/** An object with these keys, which may repeat. */
export function jsonObject(entries: readonly (readonly [key: string, json: string])[]): string {
  return `{${entries.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(',')}}`;
}

/** A text that is not JSON, or has something after its JSON. */
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
