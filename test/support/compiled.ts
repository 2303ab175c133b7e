// Where Node.js keeps compiled code, so that not every process of the tests compiles the server anew.

import { fileURLToPath } from 'node:url';

export const COMPILED = fileURLToPath(
  new URL('../../node_modules/.cache/senti-tests', import.meta.url),
);

/** The environment of a program that a test starts. */
export const COMPILED_ENV = { NODE_COMPILE_CACHE: COMPILED } as const;
