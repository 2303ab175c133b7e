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
import { UserError } from '../../user-error.ts';
import { toGraphQLError } from './errors.ts';
import { checkSize, type QueryLimits } from './rules.ts';

/** Characters of query texts whose documents are kept; a document takes up to eighty bytes for each. */
const KEPT_CHARACTERS = 50_000;

export interface Documents {
  /** Equal texts give the same document, once it was found valid. Throws a GraphQLError where the syntax is wrong. */
  parse(text: string): DocumentNode;
  /** What is wrong with a document that `parse` gave; nothing if it can be executed. */
  validate(document: DocumentNode): readonly GraphQLError[];
}

export interface DocumentOptions {
  /** Of an operation. That of tokens also bounds the stack that reading takes. */
  readonly limits: QueryLimits;
  /** Whether clients may ask for the schema; if not, errors do not suggest names from it either. */
  readonly introspection: boolean;
  /** Told of every document that is refused for its size. */
  readonly onRefused: (reason: string) => void;
}

/** As graphql-js says it. */
const TOO_MANY_TOKENS = /^Syntax Error: Document contains more tha[nt] \d+ tokens/;

export function createDocuments(schema: GraphQLSchema, options: DocumentOptions): Documents {
  const { limits, introspection, onRefused } = options;
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
      if (!isTooLong) throw error;
      const message = `This operation is too large: ${limits.maxQueryTokens} tokens at most.`;
      onRefused(message);
      throw toGraphQLError(new UserError('LIMIT_REACHED', message));
    }
  }

  return {
    parse: (text) => kept.get(text) ?? parseWithin(text),
    validate(document) {
      if (valid.has(document)) return [];
      const tooLarge = checkSize(document, limits);
      if (tooLarge) {
        onRefused(tooLarge.message);
        return [tooLarge];
      }
      const errors = validate(schema, document, rules, { hideSuggestions: !introspection });
      const text = document.loc?.source.body;
      if (errors.length === 0 && text !== undefined) {
        valid.add(document);
        kept.set(text, document);
      }
      return errors;
    },
  };
}
