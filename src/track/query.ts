// Splits a query into clauses of terms.

import { UserError } from '../base/user-error.ts';
import { unify } from './fold.ts';
import { readTerm, type Term } from './query-term.ts';
import { explainUnsupported, QUOTES } from './unsupported.ts';

export interface WrittenTerm {
  readonly isExcluded: boolean;
  readonly isQuoted: boolean;
  readonly words: Term;
}

/** A dash directly before a term is a minus. */
const MINUS = '[-‐‒–—−]';
const COMMA = ',|、،';
const TOKEN = new RegExp(
  [
    `(?<comma>[${COMMA}])|&&`,
    `(?<minus>${MINUS}?)(?:[${QUOTES}](?<quoted>[^${QUOTES}]*)[${QUOTES}]|(?<unclosed>[${QUOTES}].*)` +
      `|(?<bare>(?:(?!&&)[^\\s${COMMA}])+))`,
  ].join('|'),
  'gsu',
);
/** Single quotation marks around several words. */
const SINGLE_QUOTES = /(?:^|[\s,])['‘][^\s'‘’]+\s[^'‘’]*['’](?=$|[\s,])/u;
const IN_QUOTES = new RegExp(`[${QUOTES}][^${QUOTES}]*[${QUOTES}]`, 'gsu');

type Operator = 'AND' | 'OR' | 'NOT';

/** The terms of each clause, in the order that they are written. */
export function splitQuery(query: string): WrittenTerm[][] | UserError {
  const unified = unify(query);
  if (/['‘]/.test(unified) && SINGLE_QUOTES.test(unified.replace(IN_QUOTES, ''))) {
    return bad('Single quotation marks do not make a phrase; write "flat white" in double ones.');
  }
  const clauses = new Clauses();
  // `matchAll` would copy the expression, which takes longer than all else.
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(unified); found !== null; found = TOKEN.exec(unified)) {
    const error = clauses.take(found.groups ?? {});
    if (error !== undefined) return error;
  }
  return clauses.end() ?? clauses.read;
}

class Clauses {
  readonly read: WrittenTerm[][] = [[]];
  /** The last operator, until its term comes. */
  #operator: Operator | undefined;

  take(token: Record<string, string | undefined>): UserError | undefined {
    const { comma, minus, quoted, unclosed, bare } = token;
    if (unclosed !== undefined) {
      return bad('A quotation mark is not closed; write "words in quotes" in full.');
    }
    if (comma !== undefined) return this.#endClause();
    const isExcluded = minus !== undefined && minus !== '';
    if (quoted !== undefined) return this.#term(quoted, isExcluded, true);
    if (bare === undefined) return undefined;
    if (bare === 'AND' || bare === 'OR' || bare === 'NOT') return this.#join(bare, isExcluded);
    const reason = explainUnsupported(bare);
    return reason === undefined ? this.#term(bare, isExcluded, false) : bad(reason);
  }

  end(): UserError | undefined {
    return this.#operator === undefined ? undefined : dangling(this.#operator);
  }

  get #terms(): WrittenTerm[] {
    return this.read.at(-1) as WrittenTerm[];
  }

  #endClause(): UserError | undefined {
    this.read.push([]);
    return this.end();
  }

  #join(operator: Operator, isExcluded: boolean): UserError | undefined {
    if (operator === 'NOT' ? this.#operator === 'NOT' : this.#operator !== undefined) {
      return dangling(operator);
    }
    if (isExcluded || (operator !== 'NOT' && this.#terms.length === 0)) return dangling(operator);
    if (operator === 'OR') this.read.push([]);
    this.#operator = operator;
    return undefined;
  }

  #term(text: string, isExcluded: boolean, isQuoted: boolean): UserError | undefined {
    const words = readTerm(text);
    if (words instanceof UserError) return words;
    if (words.length === 0) {
      // Punctuation alone, as in `rock & roll`, is no term.
      return isQuoted
        ? bad('Quotation marks hold no word; write a word between them, or leave them out.')
        : undefined;
    }
    const isNegated = this.#operator === 'NOT';
    if (isNegated && isExcluded) return dangling('NOT');
    this.#operator = undefined;
    this.#terms.push({ isExcluded: isExcluded || isNegated, isQuoted, words });
    return undefined;
  }
}

function dangling(operator: Operator): UserError {
  const rule =
    operator === 'NOT'
      ? 'NOT needs exactly one term after it, as in "coffee NOT decaf"'
      : `${operator} needs a term before and after it, as in "coffee ${operator} tea"`;
  return bad(`${rule}; write "${operator.toLowerCase()}" in lower case to find the word.`);
}

function bad(message: string): UserError {
  return new UserError('BAD_TRACK', message);
}
