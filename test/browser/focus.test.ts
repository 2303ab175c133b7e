// Where the focus is on the dashboard, and what can be seen of it and of the buttons, with forced colours too.

import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { executablePath, useBrowser } from '../support/browser.ts';
import { startSenti } from '../support/senti.ts';

describe.skipIf(!executablePath)('the focus on the dashboard', () => {
  const open = useBrowser();

  test('has one ring on the field for a topic', async () => {
    const { url } = await startSenti();
    const { page } = await open();
    await page.goto(url);
    await page.keyboard.press('Tab');
    await page.locator('#track').focus();
    expect(await styleOf(page, '#track', 'outlineStyle')).toBe('none');
    expect(await styleOf(page, '#form', 'outlineStyle')).toBe('solid');
    await page.keyboard.press('Tab');
    expect(await styleOf(page, '#form', 'outlineStyle')).toBe('none');
    expect(await styleOf(page, '#form button', 'outlineStyle')).toBe('solid');
  });

  test('goes on to the next topic when one is closed, and never into the field', async () => {
    const { url } = await startSenti();
    const { page } = await open({ hasTouch: true });
    await page.goto(`${url}/?track=coffee&track=tea&track=music`);
    const close = (name: string) => page.getByRole('button', { name: `Stop tracking ${name}` });
    await close('tea').tap();
    expect(await focused(page)).toBe('Stop tracking music');
    await page.keyboard.press('Enter');
    expect(await focused(page)).toBe('Stop tracking coffee');
    await page.keyboard.press('Enter');
    expect(await focused(page)).toBe('How do people feel about…');
  });

  test('with forced colours leaves the buttons to be seen', async () => {
    const { url } = await startSenti();
    const { page } = await open({ forcedColors: 'active' });
    await page.goto(`${url}/?track=coffee`);
    const close = page.getByRole('button', { name: 'Stop tracking coffee' });
    expect(await coloursIn(page, close)).toBeGreaterThan(1);
    expect(await styleOf(page, '#form button', 'borderTopWidth')).toBe('1px');
  });
});

function styleOf(page: Page, selector: string, property: string): Promise<string> {
  return page.evaluate<string>(
    `getComputedStyle(document.querySelector('${selector}')).${property}`,
  );
}

function focused(page: Page): Promise<string> {
  return page.evaluate<string>(
    'document.activeElement.ariaLabel ?? document.activeElement.textContent',
  );
}

/** How many colours a picture of the element has. */
async function coloursIn(page: Page, element: Locator): Promise<number> {
  const picture = (await element.screenshot()).toString('base64');
  // A blank page has no security policy, so it may load a picture from a data: address.
  const blank = await page.context().newPage();
  return blank.evaluate<number>(`(async () => {
    const image = new Image();
    image.src = 'data:image/png;base64,${picture}';
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
    canvas.drawImage(image, 0, 0);
    const { data } = canvas.getImageData(0, 0, image.width, image.height);
    return new Set(new Uint32Array(data.buffer)).size;
  })()`);
}
