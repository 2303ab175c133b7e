// Parses and validates each text of an operation once, whichever transport it came by.

import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { UserError } from '../../base/user-error.ts';
import type { Telemetry } from '../../stream/telemetry.ts';
import { FREE, PRICES, type Work } from '../access/work-budget.ts';
import type { MessageLimits } from '../shared.ts';
import { toGraphQLError } from './masked-errors.ts';
import { checkSize, type QueryLimits } from './operation-size.ts';

/** Characters of texts whose documents are kept; a document takes up to eighty bytes for each. */
const KEPT_CHARACTERS = 50_000;
/** Errors that are reported of one operation. Each further one makes validation longer. */
const MOST_MISTAKES = 10;

export interface Documents {
  /**
   * Equal texts give the same document, once it was found valid. `work` pays for the operation and for parsing. Throws a
   * GraphQLError where it cannot pay, and where the syntax is wrong.
   */
  parse(text: string, work?: Work): DocumentNode;
  /** The errors of a document that `parse` returned; none if it can be executed. */
  validate(document: DocumentNode): readonly GraphQLError[];
}

/** As graphql-js words it. */
const TOO_MANY_TOKENS = /^Syntax Error: Document contains more tha[nt] \d+ tokens/;

export function createDocuments(
  schema: GraphQLSchema,
  limits: QueryLimits & Pick<MessageLimits, 'introspection'>,
  telemetry: Pick<Telemetry, 'rejected'>,
): Documents {
  const { introspection } = limits;
  const rules = introspection
    ? specifiedRules
    : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  // Only valid ones: errors take far more memory than a document.
  const kept = new LRUCache<string, DocumentNode>({
    maxSize: KEPT_CHARACTERS,
    sizeCalculation: (_document, text) => text.length + 1,
  });
  const valid = new WeakSet<DocumentNode>();

  function parseWithin(text: string): DocumentNode {
    try {
      return parse(text, { maxTokens: limits.maxQueryTokens });
    } catch (error) {
      const isTooLong = error instanceof GraphQLError && TOO_MANY_TOKENS.test(error.message);
      if (!isTooLong) throw tooDeep(error);
      throw reject(`This operation is too large: ${limits.maxQueryTokens} tokens at most.`);
    }
  }

  function reject(message: string): GraphQLError {
    telemetry.rejected('query', message);
    return toGraphQLError(new UserError('LIMIT_REACHED', message));
  }

  /** Parsing is recursive. Only a very high limit of tokens lets a text exhaust the stack. */
  function tooDeep(error: unknown): GraphQLError {
    if (error instanceof GraphQLError) return error;
    if (!(error instanceof RangeError)) throw error;
    return reject('This operation is nested too deeply.');
  }

  function check(document: DocumentNode): readonly GraphQLError[] {
    const tooLarge = checkSize(document, limits);
    const options = { hideSuggestions: !introspection, maxErrors: MOST_MISTAKES };
    if (!tooLarge) return validate(schema, document, rules, options);
    telemetry.rejected('query', tooLarge.message);
    return [tooLarge];
  }

  function checkWithinStack(document: DocumentNode): readonly GraphQLError[] {
    try {
      return check(document);
    } catch (error) {
      return [tooDeep(error)];
    }
  }

  function read(text: string, work: Work): DocumentNode {
    work.charge(text.length * PRICES.character);
    const document = parseWithin(text);
    work.charge((document.tokenCount ?? 0) * PRICES.token);
    return document;
  }

  return {
    parse(text, work = FREE) {
      const overdrawn = work.overdrawn();
      if (overdrawn) throw toGraphQLError(overdrawn.error);
      work.charge(PRICES.operation);
      return kept.get(text) ?? read(text, work);
    },
    validate(document) {
      if (valid.has(document)) return [];
      const errors = checkWithinStack(document);
      const text = document.loc?.source.body;
      if (errors.length === 0 && text !== undefined) {
        valid.add(document);
        kept.set(text, document);
      }
      return errors;
    },
  };
}
