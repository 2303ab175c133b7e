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

/** Characters of query texts whose documents are kept; a document takes up to eighty bytes for each. */
const KEPT_CHARACTERS = 200_000;

/** Of an operation. It bounds depth as well, and with it the stack that reading takes. */
export const MAX_TOKENS = 1000;

export interface Documents {
  /** Equal texts give the same document, once it was found valid. Throws a GraphQLError where the syntax is wrong. */
  parse(text: string): DocumentNode;
  /** What is wrong with a document that `parse` gave; nothing if it can be executed. */
  validate(document: DocumentNode): readonly GraphQLError[];
}

export function createDocuments(schema: GraphQLSchema): Documents {
  // Only of valid ones: the errors of the others take far more memory than a document.
  const kept = new LRUCache<string, DocumentNode>({
    maxSize: KEPT_CHARACTERS,
    sizeCalculation: (_document, text) => text.length + 1,
  });
  const valid = new WeakSet<DocumentNode>();
  return {
    parse: (text) => kept.get(text) ?? parse(text, { maxTokens: MAX_TOKENS }),
    validate(document) {
      if (valid.has(document)) return [];
      const errors = validate(schema, document, specifiedRules);
      const text = document.loc?.source.body;
      if (errors.length === 0 && text !== undefined) {
        valid.add(document);
        kept.set(text, document);
      }
      return errors;
    },
  };
}
