// Every page of documentation in the repository, and the parts of it that a test can check.

import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = new URL('../../', import.meta.url);
const PLACES = ['*.md', '.github/**/*.md', '{schema,src,test}/**/*.md'];

export interface Page {
  /** From the root, such as `src/api/README.md`. */
  readonly path: string;
  readonly text: string;
}

export interface Block {
  /** Unique, and made of the path: `src-api-README-1.ts`. */
  readonly name: string;
  readonly language: string;
  readonly code: string;
}

export const PAGES: readonly Page[] = globSync(PLACES, {
  cwd: fileURLToPath(ROOT),
  exclude: ['test/output/**'],
})
  .toSorted()
  .map((path) => ({ path, text: readFileSync(new URL(path, ROOT), 'utf8') }));

export function blocksOf({ path, text }: Page): Block[] {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', code = ''], n) => ({
    name: `${path.replace(/\.md$/, '').replaceAll(/[^\w-]/g, '-')}-${n}.${language}`,
    language,
    code,
  }));
}

/** The targets of links that lead to no other site. */
export function linksOf({ text }: Page): string[] {
  return [...proseOf(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^\w+:/.test(target));
}

/** What may follow `#` in a link to a page, as GitHub derives it from the headings. */
export function anchorsOf({ text }: Page): string[] {
  return [...proseOf(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{M}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function proseOf(text: string): string {
  return text.replaceAll(/^```.*?^```$/gms, '');
}
