// A real browser for the tests of a process. Its pages record everything that goes wrong in them.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { FLAGS, findChromium } from './chromium.ts';
import { DEADLINE_MS } from './until.ts';

export const executablePath = findChromium();

export interface WatchedPage {
  readonly page: Page;
  /** Errors on the console (a breach of the content security policy is one), and uncaught ones. */
  readonly errors: readonly string[];
  /** Every origin that was asked for anything, over HTTP or WebSocket. */
  readonly origins: ReadonlySet<string>;
}

export type OpenPage = (options?: BrowserContextOptions) => Promise<WatchedPage>;

let launched: Promise<Browser> | undefined;

/** One browser for all tests of a process, which ends with it. Each page has a profile of its own. */
export function useBrowser(): OpenPage {
  return async (options) => {
    if (executablePath === undefined) throw new Error('there is no browser');
    launched ??= chromium.launch({ executablePath, args: FLAGS });
    const browser = await launched;
    // High enough for all charts to be in sight.
    const viewport = { width: 1280, height: 1800 };
    const context = await browser.newContext({ locale: 'en-GB', viewport, ...options });
    onTestFinished(() => context.close());
    context.setDefaultTimeout(DEADLINE_MS);
    const page = await context.newPage();
    const errors: string[] = [];
    const origins = new Set<string>();
    const asked = (url: string) => {
      // Data that a page makes itself comes from no server.
      if (!/^(data|blob):/.test(url)) origins.add(new URL(url).host);
    };
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(String(error.stack)));
    page.on('request', (request) => asked(request.url()));
    page.on('websocket', (socket) => asked(socket.url()));
    return { page, errors, origins };
  };
}

/** A script for a page that is still to be loaded. Its function `pass` moves the time of the page on, in milliseconds. */
export const PASSING = `
  const { now } = performance;
  let passed = 0;
  performance.now = () => now.call(performance) + passed;
  globalThis.pass = (ms) => { passed += ms; };
`;

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong with a page, in words: by its usual rules, or by these. */
export async function violationsOf(page: Page, rules?: readonly string[]): Promise<string[]> {
  if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(AXE);
  const options = { resultTypes: ['violations'], preload: false, ...(rules && { runOnly: rules }) };
  // Passing all results of axe on would take longer than finding them.
  return page.evaluate<string[]>(`axe.run(document, ${JSON.stringify(options)}).then((results) =>
    results.violations.map(({ id, help, nodes }) =>
      id + ': ' + help + ' (' + nodes.map(({ html }) => html).join(', ') + ')'))`);
}
