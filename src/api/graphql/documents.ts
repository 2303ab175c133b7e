// Reading operations: parsed and validated once for each text, whichever transport it came by.

import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import { LRUCache } from 'lru-cache';

/** Characters of query texts whose documents are kept; a document takes some twenty times as much. */
const KEPT_CHARACTERS = 1_000_000;

/** Of an operation. It bounds depth as well, and with it the stack that reading takes. */
export const MAX_TOKENS = 1000;

export interface Documents {
  /** Equal texts give the same document. Throws a GraphQLError where the syntax is wrong. */
  parse(text: string): DocumentNode;
  /** What is wrong with a document that `parse` gave; nothing if it can be executed. */
  validate(document: DocumentNode): readonly GraphQLError[];
}

export function createDocuments(schema: GraphQLSchema): Documents {
  const parsed = new LRUCache<string, DocumentNode>({
    maxSize: KEPT_CHARACTERS,
    sizeCalculation: (_document, text) => text.length + 1,
  });
  const errors = new WeakMap<DocumentNode, readonly GraphQLError[]>();
  return {
    parse(text) {
      const document = parsed.get(text) ?? parse(text, { maxTokens: MAX_TOKENS });
      parsed.set(text, document);
      return document;
    },
    validate(document) {
      const found = errors.get(document) ?? validate(schema, document, specifiedRules);
      errors.set(document, found);
      return found;
    },
  };
}
