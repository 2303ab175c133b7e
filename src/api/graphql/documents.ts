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
import { toGraphQLError, withCode } from './masked-errors.ts';
import { explainSize, type QueryLimits } from './operation-size.ts';
import { type Asked, createTrustedDocuments } from './trusted-documents.ts';

/** Characters of texts whose documents are kept; a document takes up to eighty bytes for each. */
const KEPT_CHARACTERS = 50_000;
/** Errors that are reported of one operation. Each further one makes validation longer. */
const MAX_MISTAKES = 10;

/** As graphql-js words it. */
const TOO_MANY_TOKENS = /^Syntax Error: Document contains more tha[nt] \d+ tokens/;

export function createDocuments(
  schema: GraphQLSchema,
  limits: QueryLimits & Pick<MessageLimits, 'introspection' | 'documents'>,
  telemetry: Pick<Telemetry, 'rejected'>,
) {
  const { introspection } = limits;
  const trusted = createTrustedDocuments(limits.documents);
  const rules = introspection
    ? specifiedRules
    : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  // Only valid ones: errors take far more memory than a document.
  const kept = new LRUCache<string, DocumentNode>({
    maxSize: KEPT_CHARACTERS,
    sizeCalculation: (_document, text) => text.length + 1,
  });
  const valid = new WeakSet<DocumentNode>();

  function reject(message: string): GraphQLError {
    telemetry.rejected('query', message);
    return toGraphQLError(new UserError('LIMIT_REACHED', message));
  }

  function explain(error: unknown): GraphQLError {
    // Parsing and validation are recursive. Only a very high limit of tokens lets a text exhaust the stack.
    if (error instanceof RangeError) return reject('This operation nests too deeply; flatten it.');
    if (!(error instanceof GraphQLError)) throw error;
    if (!TOO_MANY_TOKENS.test(error.message)) return withCode(error, 'GRAPHQL_PARSE_FAILED');
    return reject(`This operation is too large: ${limits.maxQueryTokens} tokens at most.`);
  }

  function read(text: string, work: Work): DocumentNode {
    work.charge(text.length * PRICES.character);
    try {
      const document = parse(text, { maxTokens: limits.maxQueryTokens });
      work.charge((document.tokenCount ?? 0) * PRICES.token);
      return document;
    } catch (error) {
      throw explain(error);
    }
  }

  function check(document: DocumentNode): readonly GraphQLError[] {
    try {
      const excess = explainSize(document, limits);
      if (excess !== undefined) return [reject(excess)];
      const untrusted = trusted.explain(document);
      if (untrusted !== undefined) {
        telemetry.rejected('query', untrusted.message);
        return [untrusted];
      }
      const options = { hideSuggestions: !introspection, maxErrors: MAX_MISTAKES };
      const errors = validate(schema, document, rules, options);
      return errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED'));
    } catch (error) {
      return [explain(error)];
    }
  }

  return {
    /**
     * The text of the operation that a request names by its id; undefined if it names none. Throws a GraphQLError
     * for an id that stands for no operation.
     */
    textOf(asked: Asked, work: Work = FREE): string | undefined {
      const text = trusted.textOf(asked);
      if (!(text instanceof GraphQLError)) return text;
      work.charge(PRICES.operation);
      throw text;
    },
    /**
     * Equal texts give the same document, once it was found valid. `work` pays for the operation and for parsing.
     * Throws a GraphQLError where it cannot pay, and where the syntax is wrong.
     */
    parse(text: string, work: Work = FREE): DocumentNode {
      const overdrawn = work.overdrawn();
      if (overdrawn) throw toGraphQLError(overdrawn.error);
      work.charge(PRICES.operation);
      return kept.get(text) ?? read(text, work);
    },
    /** The errors of a document that `parse` returned; none if it can be executed. */
    validate(document: DocumentNode): readonly GraphQLError[] {
      if (valid.has(document)) return [];
      const errors = check(document);
      const text = document.loc?.source.body;
      if (errors.length === 0 && text !== undefined) {
        valid.add(document);
        kept.set(text, document);
      }
      return errors;
    },
  };
}
