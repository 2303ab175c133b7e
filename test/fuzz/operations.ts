// GraphQL requests: valid operations, mutated token by token, with variables of all kinds.

import { readdirSync, readFileSync } from 'node:fs';
import type { Dice } from './dice.ts';
import { jsonObject, jsonString, jsonValue } from './json.ts';
import { HOSTILE_NAMES, ODD_TEXTS, oddText, oddTrack } from './texts.ts';

const FOLDER = new URL('../../schema/operations/', import.meta.url);

const OPERATIONS = [
  ...readdirSync(FOLDER)
    .filter((name) => name.endsWith('.graphql'))
    .map((name) => readFileSync(new URL(name, FOLDER), 'utf8')),
  'subscription ($track: String!, $yes: Boolean = true) { sentiment(track: $track) { polarity ...P @include(if: $yes) } } fragment P on SentimentEvent { post { id } }',
  'subscription { sentiment(track: "coffee") { a: score b: score __typename } }',
  'query ($text: String = "fine") { analyze(text: $text) { score ... @skip(if: true) { polarity } } }',
  '{ track(query: """block "quoted" text""") { canonical clauses { all none } } }',
  'query A { __typename } query B { status { listeners } }',
  '{ __schema { types { name fields { name } } } __type(name: "Post") { name } }',
];

const TOKEN = /"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|[$@]?[A-Za-z_]\w*|\.\.\.|-?\d[\d.eE+-]*|\S/g;

const TOKENS = [
  ...'{}()[]:!=|&$@'.split(''),
  '...',
  'fragment P on SentimentEvent { ...P }',
  'on',
  'null',
  'true',
  '$track',
  '$__proto__',
  '@skip(if: $yes)',
  '@include(if: "no")',
  '@defer',
  '@stream',
  '@nothing',
  'query',
  'mutation',
  'subscription',
  'sentiment(track: "coffee")',
  'sentiment(track: "tea") { score }',
  'hashtags { tag }',
  'post { post { id } }',
  '1e999',
  '99999999999999999999',
  '"\\ud800"',
  '"\\u{110000}"',
  '"""',
  '#',
  '\ufeff',
  '\0',
  ...HOSTILE_NAMES,
];

const VARIABLES = ['track', 'query', 'text', 'yes', 'no'];

/** A request in valid JSON. */
export function oddRequest(dice: Dice): string {
  const entries: (readonly [string, string])[] = [['query', jsonString(dice, oddOperation(dice))]];
  if (dice.chance(0.8)) entries.push(['variables', oddVariables(dice)]);
  // A wrong shape closes a socket before it has read the rest, so it is rare.
  if (dice.chance(0.15)) {
    entries.push([
      'operationName',
      dice.chance(0.95) ? dice.pick(['"Sentiment"', 'null', '"__proto__"']) : jsonValue(dice),
    ]);
  }
  if (dice.chance(0.01)) entries.push(['extensions', jsonValue(dice)]);
  if (dice.chance(0.05)) entries.push([dice.pick(HOSTILE_NAMES), jsonValue(dice)]);
  return jsonObject(dice.chance(0.9) ? entries : entries.reverse());
}

export function oddOperation(dice: Dice): string {
  const operation = dice.pick(OPERATIONS);
  if (dice.chance(0.35)) return operation;
  if (dice.chance(0.03)) return blownUp(dice);
  const tokens = operation.match(TOKEN) ?? [];
  for (let n = dice.below(4); n >= 0; n--) mutate(dice, tokens);
  return tokens.join(' ');
}

function mutate(dice: Dice, tokens: string[]): void {
  const at = dice.below(tokens.length);
  const [from, other] = [tokens[at] ?? '', tokens[dice.below(tokens.length)] ?? ''];
  const changes: (() => void)[] = [
    () => tokens.splice(at, 1),
    () => tokens.splice(at, 0, from),
    () => tokens.splice(at, 1, other),
    () => tokens.splice(at, 0, dice.pick(TOKENS)),
    () => tokens.splice(at, 1, dice.pick(TOKENS)),
    () => tokens.splice(at, 0, dice.pick(ODD_TEXTS)),
    () => tokens.splice(at, dice.below(6), ...tokens.slice(dice.below(tokens.length))),
  ];
  dice.pick(changes)();
}

/** A document with very many of one thing: levels, fields, aliases, directives or fragments. */
function blownUp(dice: Dice): string {
  const count = 1 + dice.below(2000);
  return dice.pick([
    () => `{ ${'status { source '.repeat(count)}${'}'.repeat(count * 2)} }`,
    () => `{ ${'__typename '.repeat(count)} }`,
    () => `{ ${Array.from({ length: count }, (_, i) => `a${i}: __typename`).join(' ')} }`,
    () => `{ __typename ${'@skip(if: false) '.repeat(count)} }`,
    () =>
      `{ ...F0 } ${Array.from({ length: count }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`).join(' ')}`,
    () =>
      `query (${Array.from({ length: count }, (_, i) => `$v${i}: Int`).join(' ')}) { __typename }`,
    () => `{ analyze(text: ${'['.repeat(count)}${']'.repeat(count)}) { score } }`,
  ])();
}

function oddVariables(dice: Dice): string {
  if (dice.chance(0.01)) return jsonValue(dice);
  const names = dice.chance(0.7) ? VARIABLES : [...VARIABLES, dice.pick(HOSTILE_NAMES)];
  return jsonObject(names.map((name) => [name, oddVariable(dice, name)]));
}

function oddVariable(dice: Dice, name: string): string {
  if (dice.chance(0.25)) return jsonValue(dice);
  if (name === 'yes' || name === 'no') return dice.pick(['true', 'false']);
  return jsonString(dice, name === 'text' ? oddText(dice) : oddTrack(dice));
}
