// Reading operations: parsed and validated once for each text, whichever transport it came by.

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
import { toGraphQLError } from './masked-errors.ts';
import { checkSize, type QueryLimits } from './operation-size.ts';

/** Characters of query texts whose documents are kept; a document takes up to eighty bytes for each. */
const KEPT_CHARACTERS = 50_000;
/** Mistakes that are told of one operation; with each that is looked for, the reading takes longer. */
const MOST_MISTAKES = 10;

export interface Documents {
  /**
   * Equal texts give the same document, once it was found valid. `work` pays for the operation and for
   * what has to be read. Throws a GraphQLError where it cannot, and where the syntax is wrong.
   */
  parse(text: string, work?: Work): DocumentNode;
  /** What is wrong with a document that `parse` gave; nothing if it can be executed. */
  validate(document: DocumentNode): readonly GraphQLError[];
}

export interface DocumentOptions {
  /** Of an operation. That of tokens also bounds the stack that reading takes. */
  readonly limits: QueryLimits;
  /** Whether clients may ask for the schema; if not, errors do not suggest names from it either. */
  readonly introspection: boolean;
  readonly telemetry: Pick<Telemetry, 'rejected'>;
}

/** As graphql-js says it. */
const TOO_MANY_TOKENS = /^Syntax Error: Document contains more tha[nt] \d+ tokens/;

export function createDocuments(schema: GraphQLSchema, options: DocumentOptions): Documents {
  const { limits, introspection, telemetry } = options;
  const rules = introspection
    ? specifiedRules
    : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  // Only of valid ones: the errors of the others take far more memory than a document.
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
      throw refuse(`This operation is too large: ${limits.maxQueryTokens} tokens at most.`);
    }
  }

  function refuse(message: string): GraphQLError {
    telemetry.rejected('query', message);
    return toGraphQLError(new UserError('LIMIT_REACHED', message));
  }

  /** Reading is recursive. Only where tokens have hardly a limit is there enough to read for the stack to end. */
  function tooDeep(error: unknown): GraphQLError {
    if (error instanceof GraphQLError) return error;
    if (!(error instanceof RangeError)) throw error;
    return refuse('This operation is nested too deeply to be read.');
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
