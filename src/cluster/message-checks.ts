// Checks for values that other nodes send.

import { isRecord } from '../base/json.ts';

export type Check<T> = (value: unknown) => value is T;

/** The type of the values that pass a check. */
export type Checked<C> = C extends Check<infer T> ? T : never;

type Checks<T> = { readonly [K in keyof T]: Check<T[K]> };

/** An object in which each of `fields` passes its check, and each of `optional` does or is absent. It may have others. */
export function hasFields<T, O = unknown>(fields: Checks<T>, optional?: Checks<O>) {
  const required = Object.entries<Check<unknown>>(fields);
  const rest = Object.entries<Check<unknown>>(optional ?? {});
  return (value: unknown): value is Readonly<T> & { readonly [K in keyof O]?: O[K] | undefined } =>
    isRecord(value) &&
    required.every(([name, check]) => check(value[name])) &&
    rest.every(([name, check]) => value[name] === undefined || check(value[name]));
}

/** An object whose field `tag` names one of `variants`, and that passes the check of that variant. */
export function isVariant<Tag extends string, V>(tag: Tag, variants: Checks<V>) {
  const checks = new Map<unknown, Check<unknown>>(Object.entries(variants));
  return (value: unknown): value is { [K in keyof V]: V[K] & Readonly<Record<Tag, K>> }[keyof V] =>
    isRecord(value) && (checks.get(value[tag])?.(value) ?? false);
}

export function listOf<T>(check: Check<T>): Check<readonly T[]> {
  return (value) => Array.isArray(value) && value.every(check);
}

export function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
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
