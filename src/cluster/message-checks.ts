// Checks for values that other nodes send.

import { isRecord } from '../base/json.ts';

export type Check = (value: unknown) => boolean;

/** An object in which each of these fields passes its check. It may have others. */
export function hasFields(fields: Readonly<Record<string, Check>>): Check {
  const checks = Object.entries(fields);
  return (value) => isRecord(value) && checks.every(([name, check]) => check(value[name]));
}

/** An object whose field `tag` names one of `variants`, and that passes the check of that variant. */
export function isVariant(tag: string, variants: Readonly<Record<string, Check>>): Check {
  return (value) => {
    const name = isRecord(value) ? value[tag] : undefined;
    if (typeof name !== 'string' || !Object.hasOwn(variants, name)) return false;
    return variants[name]?.(value) ?? false;
  };
}

export function optional(check: Check): Check {
  return (value) => value === undefined || check(value);
}

export function listOf(check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check);
}

export function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

/** A whole number from 0. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A time that a Date can hold. */
export function isTime(value: unknown): value is number {
  return isNumber(value) && Math.abs(value) <= 8.64e15;
}

const MAX_TEXT_CHARACTERS = 1024;

/** A text that is not longer than any that a node sends. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT_CHARACTERS;
}
