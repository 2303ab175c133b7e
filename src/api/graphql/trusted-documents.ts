// Trusted documents. With a list of them, clients run only what is on it: they send the id of an operation, or its
// text. Automatic persisted queries, where clients register what they like, are not supported: texts are short here,
// and strangers would fill a store that every node needs.

import { type DocumentNode, GraphQLError, parse, print } from 'graphql';
import * as own from '../../../schema/operations.ts';
import { isRecord } from '../../base/json.ts';

/** What a request says of its operation. Each field is a client's, and may be of any type. */
export interface Asked {
  readonly query?: unknown;
  readonly documentId?: unknown;
  readonly doc_id?: unknown;
  readonly extensions?: unknown;
}

/** Clients look for these exact words, and then send the text. */
const NOT_SUPPORTED = ['PersistedQueryNotSupported', 'PERSISTED_QUERY_NOT_SUPPORTED'] as const;
const NOT_FOUND = ['PersistedQueryNotFound', 'PERSISTED_QUERY_NOT_FOUND'] as const;
const UNTRUSTED = [
  'This server runs only the operations that its operator lists (--documents); this one is not among them.',
  'FORBIDDEN',
] as const;

/** The server's own operations, which the dashboard uses. */
const OWN = Object.values(own)
  .filter((document) => document instanceof own.TypedDocumentString)
  .map(String);

/** `listed` has texts by their ids; without it, clients may run anything. */
export function createTrustedDocuments(listed: ReadonlyMap<string, string> | undefined) {
  /** However a client writes them. */
  const trusted = listed && new Set([...listed.values(), ...OWN].map(normalize));
  return {
    /** The text of the operation that `asked` names by its id; undefined if it names none, or sends a text. */
    textOf(asked: Asked): string | GraphQLError | undefined {
      if (asked.query) return undefined;
      const id = idOf(asked);
      if (id === undefined) return undefined;
      if (listed === undefined) return explain(NOT_SUPPORTED);
      return listed.get(id) ?? listed.get(id.replace(/^sha256:/, '')) ?? explain(NOT_FOUND);
    },
    /** Why clients may not run `document`; undefined if they may. */
    explain(document: DocumentNode): GraphQLError | undefined {
      return trusted === undefined || trusted.has(print(document)) ? undefined : explain(UNTRUSTED);
    },
  };
}

/**
 * The id in `documentId` (GraphQL over HTTP), `doc_id` (Relay) or `extensions.persistedQuery` (Apollo, urql, and the
 * recipe of graphql-ws).
 */
function idOf({ documentId, doc_id, extensions }: Asked): string | undefined {
  const persistedQuery = isRecord(extensions) ? extensions.persistedQuery : undefined;
  const hash = isRecord(persistedQuery) ? persistedQuery.sha256Hash : persistedQuery;
  return [documentId, doc_id, hash].find((id) => typeof id === 'string');
}

function normalize(text: string): string {
  return print(parse(text, { noLocation: true }));
}

/** A new one each time, since Yoga adds to errors that it sends. */
function explain([message, code]: readonly [message: string, code: string]): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}
