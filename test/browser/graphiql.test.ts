// GraphiQL in a real browser.

import { describe, expect, test, vi } from 'vitest';
import { executablePath, useBrowser } from '../support/browser.ts';
import { startReal } from '../support/senti.ts';
import { DEADLINE_MS } from '../support/until.ts';

describe.skipIf(!executablePath)('GraphiQL', () => {
  const open = useBrowser();

  test('runs its three tabs, the subscription over WebSocket, and asks nobody else', async () => {
    const { url } = await startReal();
    const { page, errors, origins } = await open();
    const sockets: string[] = [];
    page.on('websocket', (socket) => sockets.push(socket.url()));
    await page.goto(`${url}/graphql`);
    const tabs = page.getByRole('tab');
    await tabs.nth(2).waitFor();
    const play = page.getByRole('button', { name: /^Execute query/ });
    const editor = page.locator('.graphiql-editor').first();
    const result = page.locator('.result-window');
    await play.click();
    await result.filter({ hasText: '"polarityIndex"' }).waitFor();
    await page.getByRole('button', { name: /^Stop/ }).click();
    for (const [n, name, answer] of [
      [1, 'Analyze', '"positive"'],
      [2, 'Status', '"activeTracks"'],
    ] as const) {
      expect(await tabs.nth(n).textContent()).toContain(name);
      // GraphiQL reads an operation a moment after its tab was opened, and until then plays the last.
      await vi.waitFor(
        async () => {
          await tabs.nth(n).click();
          expect(await editor.textContent()).toContain(name);
          await play.click();
          await result.filter({ hasText: answer }).waitFor({ timeout: 3000 });
        },
        { timeout: DEADLINE_MS },
      );
    }
    expect(new Set(sockets)).toEqual(new Set([`${url.replace('http', 'ws')}/graphql`]));
    expect([...origins]).toEqual([new URL(url).host]);
    expect(errors).toEqual([]);
  });

  test('has a link from the dashboard and back, with the same topics', async () => {
    const { url } = await startReal();
    const { page, errors } = await open();
    await page.goto(`${url}/?track=coffee&track=%22green+tea%22`);
    await page.getByRole('link', { name: 'The same in GraphQL' }).click();
    await page
      .locator('.graphiql-editor', { hasText: /green\s+tea/ })
      .first()
      .waitFor();
    await page.getByRole('link', { name: 'Dashboard' }).click();
    await page.getByRole('heading', { name: 'coffee', level: 2 }).waitFor();
    expect(new URL(page.url()).searchParams.getAll('track')).toEqual(['coffee', '"green tea"']);
    expect(errors).toEqual([]);
  });
});
