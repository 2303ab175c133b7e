import { readFileSync } from 'node:fs';
import {
  buildSchema,
  isInputObjectType,
  isObjectType,
  isScalarType,
  lexicographicSortSchema,
  parse,
  printSchema,
  validate,
} from 'graphql';
import { expect, test } from 'vitest';
import * as operations from '../../../schema/operations.ts';
import { schema } from '../../../src/api/graphql/schema.ts';

const PRINTED = new URL('../../../schema/schema.graphql', import.meta.url);

test('schema/schema.graphql is what the code says; `npm run generate` prints it', () => {
  const printed = buildSchema(readFileSync(PRINTED, 'utf8'));
  expect(printSchema(lexicographicSortSchema(printed))).toBe(
    printSchema(lexicographicSortSchema(schema)),
  );
});

test('every type, field, argument and value has a description', () => {
  const bare: string[] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    if (!type.description) bare.push(type.name);
    if (isScalarType(type) || !(isObjectType(type) || isInputObjectType(type))) continue;
    for (const field of Object.values(type.getFields())) {
      if (!field.description) bare.push(`${type.name}.${field.name}`);
      for (const arg of 'args' in field ? field.args : []) {
        if (!arg.description) bare.push(`${type.name}.${field.name}(${arg.name})`);
      }
    }
  }
  expect(bare).toEqual([]);
});

test('every operation of schema/operations is valid', () => {
  const documents = Object.values(operations)
    .filter((value) => value instanceof operations.TypedDocumentString)
    .map(String);
  expect(documents.length).toBe(9);
  for (const document of documents) expect(validate(schema, parse(document))).toEqual([]);
});
