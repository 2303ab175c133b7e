// The file of trusted documents: the operations that clients may run, each with its id.

import { GraphQLError, parse } from 'graphql';
import { isRecord, parseJson } from '../base/json.ts';
import { fileOf, Invalid } from './values.ts';

/** The operations of a hundred applications are smaller. */
const MAX_DOCUMENTS_BYTES = 16 * 1024 * 1024;
/** What Apollo's tools call their own format. */
const MANIFEST = 'apollo-persisted-query-manifest';
const FORMATS = 'a file of JSON such as {"id": "query { … }"}, or a manifest of Apollo';

/** Texts by their ids. */
type TrustedDocuments = ReadonlyMap<string, string>;

/** GraphQL Code Generator, Relay and gql.tada write an object of texts by their ids, and Apollo writes a manifest. */
export const documentFile = fileOf(MAX_DOCUMENTS_BYTES, (bytes): TrustedDocuments | Invalid => {
  const content = parseJson(String(bytes));
  if (!isRecord(content)) return new Invalid(FORMATS);
  const entries = content.format === MANIFEST ? readManifest(content) : Object.entries(content);
  if (entries instanceof Invalid) return entries;
  const documents = new Map<string, string>();
  for (const [id, text] of entries) {
    const mistake = typeof text === 'string' ? explainSyntax(text) : 'it is no text';
    if (mistake !== undefined) {
      return new Invalid(
        `a file whose operations can be parsed (${JSON.stringify(id)}: ${mistake})`,
      );
    }
    documents.set(id, String(text));
  }
  return documents.size > 0 ? documents : new Invalid('a file with one operation or more');
});

/** The ids and bodies of Apollo's format. */
function readManifest({ version, operations }: Record<string, unknown>) {
  if (version !== 1) return new Invalid(`a manifest of version 1, and not ${version}`);
  if (!Array.isArray(operations)) return new Invalid('a manifest with a list of "operations"');
  const entries: [string, unknown][] = [];
  for (const operation of operations) {
    if (!isRecord(operation) || typeof operation.id !== 'string') {
      return new Invalid('a manifest whose operations each have an "id" and a "body"');
    }
    entries.push([operation.id, operation.body]);
  }
  return entries;
}

function explainSyntax(text: string): string | undefined {
  try {
    parse(text, { noLocation: true });
    return undefined;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return error.message;
  }
}
