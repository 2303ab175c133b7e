import { expect, test } from 'vitest';
import { createDocuments } from '../../../src/api/graphql/documents.ts';
import { schema } from '../../../src/api/graphql/schema.ts';
import { configOf } from '../../support/senti.ts';
import { recordTelemetry } from '../../support/telemetry.ts';

const OPTIONS = [configOf(), recordTelemetry()] as const;

test('equal texts give the same document, and what is valid stays valid', () => {
  const documents = createDocuments(schema, ...OPTIONS);
  const first = documents.parse('{ __typename }');
  expect(documents.validate(first)).toEqual([]);
  expect(documents.parse('{ __typename }')).toBe(first);
  expect(documents.validate(first)).toEqual([]);
});

test('a document with mistakes is not kept, since all that is wrong with it would be', () => {
  const documents = createDocuments(schema, ...OPTIONS);
  const wrong = documents.parse('{ nothing }');
  for (let i = 0; i < 2; i++) expect(documents.validate(wrong)).toHaveLength(1);
  expect(documents.parse('{ nothing }')).not.toBe(wrong);
});

test('the oldest documents make room', () => {
  const documents = createDocuments(schema, ...OPTIONS);
  const texts = Array.from({ length: 30 }, (_, i) => `{ __typename } #${i}${' '.repeat(10_000)}`);
  const all = texts.map((text) => documents.parse(text));
  for (const document of all) documents.validate(document);
  expect(documents.parse(texts[0] ?? '')).not.toBe(all[0]);
  expect(documents.parse(texts[29] ?? '')).toBe(all[29]);
});

test('a document with very many mistakes is read until ten are found, since each takes time', () => {
  const documents = createDocuments(schema, ...OPTIONS);
  const wrong = documents.parse(`{ status { ${'nothing '.repeat(90)} } }`);
  expect(documents.validate(wrong).map(({ message }) => message.slice(0, 30))).toEqual([
    ...Array(10).fill('Cannot query field "nothing" o'),
    'Too many validation errors, er',
  ]);
});
