// Generated files: the printed schema and the types of schema/operations. `npm run generate` writes them.

import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: './src/api/graphql/schema.ts',
  documents: './schema/operations/*.graphql',
  importExtension: '.ts',
  generates: {
    './schema/schema.graphql': {
      plugins: ['schema-ast'],
      config: { sort: false },
    },
    './schema/operations.ts': {
      plugins: ['typescript-operations', 'typed-document-node'],
      config: {
        documentMode: 'string',
        useTypeImports: true,
        scalars: { DateTime: 'string' },
      },
    },
  },
};

export default config;
