// GraphiQL in a real browser.

import { describe, expect, test } from 'vitest';
import { executablePath, useBrowser } from '../support/browser.ts';
import { startReal } from '../support/senti.ts';

describe.skipIf(!executablePath)('GraphiQL', () => {
  const open = useBrowser();

  test('runs the subscription of its first tab over WebSocket, and asks nobody else', async () => {
    const { url } = await startReal();
    const { page, errors, origins } = await open();
    const sockets: string[] = [];
    page.on('websocket', (socket) => sockets.push(socket.url()));
    await page.goto(`${url}/graphql`);
    const tabs = page.getByRole('tab');
    await tabs.nth(2).waitFor();
    const names = await tabs.allTextContents();
    expect(names.map((name) => /^\w+?(?=wze|$)|^\w+/.exec(name)?.[0])).toEqual([
      'Sentiment',
      'Analyze',
      'Status',
    ]);
    await page.getByRole('button', { name: /^Execute query/ }).click();
    await page.locator('.result-window').filter({ hasText: '"polarityIndex"' }).waitFor();
    await page.getByRole('button', { name: /^Stop/ }).click();
    await tabs.nth(1).click();
    await page.getByRole('button', { name: /^Execute query/ }).click();
    await page.locator('.result-window').filter({ hasText: '"positive"' }).waitFor();
    expect(sockets).toEqual([`${url.replace('http', 'ws')}/graphql`]);
    expect([...origins]).toEqual([new URL(url).host]);
    expect(errors).toEqual([]);
  });
});
