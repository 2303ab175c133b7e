// The list of posts in a real browser.

import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { executablePath, useBrowser } from '../support/browser.ts';
import type { HandSource } from '../support/hand-source.ts';
import { faultsOf } from '../support/looks.ts';
import { configOf, startSenti } from '../support/senti.ts';
import { until } from '../support/until.ts';

const SCRIPT = '<img src=x onerror=alert(1)><script>alert(2)</script>';

describe.skipIf(!executablePath)('the posts on the dashboard', () => {
  const open = useBrowser();

  async function follow(track: string, options = {}, as: Partial<HandSource> = {}) {
    const senti = await startSenti(configOf(), systemClock, (source) => Object.assign(source, as));
    const watched = await open(options);
    await watched.page.goto(`${senti.url}/?track=${track}`);
    await until(() => senti.source.wanted.length > 0, 'the track is wanted');
    return { ...senti, ...watched, posts: watched.page.locator('.events > li') };
  }

  const has = (page: Page, text: string | RegExp) =>
    page.locator('.events > li').filter({ hasText: text }).waitFor();

  test('have their text, as text, where and when they were written, and the words of their score', async () => {
    const { page, errors, source, posts } = await follow('coffee');
    const createdAt = new Date('2026-11-20T10:11:12Z');
    const url = 'https://example.com/post';
    source.say(`I love coffee, not the awful queue ${SCRIPT}`, { createdAt, url });
    await has(page, SCRIPT);
    expect(await page.locator('.events img, .events script').count()).toBe(0);
    expect(await posts.locator('.origin').textContent()).toBe('hand');
    expect(await posts.locator('time').getAttribute('datetime')).toBe('2026-11-20T10:11:12.000Z');
    expect(await posts.getByRole('link').getAttribute('href')).toBe(url);
    await posts.locator('summary').filter({ hasText: /^Why/ }).click();
    const words = page.getByRole('list', { name: 'The words that made the score' });
    await words.filter({ hasText: /love \+3\.\d\d.*awful/s }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('of X have no text, and say why', async () => {
    const { page, source, posts } = await follow('coffee', {}, { name: 'x', isTextPublic: false });
    source.say('good coffee', { source: 'x', url: 'https://x.com/i/status/1' });
    await has(page, 'The terms of X forbid passing on its text. Follow the link to read it.');
    expect(await posts.getByRole('link', { name: /^Read the post of .* on X/ }).count()).toBe(1);
    expect(await posts.locator('summary').count()).toBe(0);
  });

  test('are filtered by polarity, paused and resumed', async () => {
    const { page, source, posts } = await follow('coffee');
    for (const mood of ['good', 'awful', 'more']) source.say(`${mood} coffee`);
    await has(page, 'more coffee');
    await page.getByLabel('Posts to show').selectOption('Negative');
    await posts.nth(1).waitFor({ state: 'detached' });
    expect(await posts.textContent()).toContain('awful coffee');
    const pause = page.getByRole('button', { name: 'Pause' });
    await pause.press('Enter');
    source.say('good coffee again');
    source.say('awful coffee again');
    const resume = page.getByRole('button', { name: 'Resume (1 new)' });
    await resume.waitFor();
    expect(await posts.count()).toBe(1);
    await resume.press('Enter');
    await has(page, 'awful coffee again');
    expect(await posts.count()).toBe(2);
  });

  test('hold still under the pointer, in focus and while they are scrolled', async () => {
    const { page, source, posts } = await follow('coffee');
    source.say('first coffee');
    await has(page, 'first coffee');
    await posts.hover();
    source.say('second coffee');
    // The numbers change together with the list.
    await page.locator('.basis').filter({ hasText: '2 posts' }).waitFor();
    expect(await posts.count()).toBe(1);
    await page.mouse.move(0, 0);
    await has(page, 'second coffee');
    expect(await posts.first().textContent()).toContain('second coffee');
    await posts.locator('summary').last().focus();
    source.say('third coffee');
    await page.locator('.basis').filter({ hasText: '3 posts' }).waitFor();
    expect(await posts.count()).toBe(2);
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    await has(page, 'third coffee');
    source.say('coffee '.repeat(400));
    await page.locator('.basis').filter({ hasText: '4 posts' }).waitFor();
    await posts.nth(3).waitFor();
    await page.evaluate(`document.querySelector('.events').scrollTop = 100`);
    source.say('last coffee');
    await page.locator('.basis').filter({ hasText: '5 posts' }).waitFor();
    expect(await posts.count()).toBe(4);
  });

  test('have room on a phone as soon as there are any', async () => {
    const { page, source } = await follow('coffee', { viewport: { width: 390, height: 844 } });
    const height = async () => (await page.locator('.events').boundingBox())?.height;
    await page
      .locator('.no-posts')
      .filter({ hasText: 'None so far' })
      .waitFor({ state: 'attached' });
    expect(await height()).toBeLessThan(50);
    source.say('good coffee');
    await has(page, 'good coffee');
    expect(await height()).toBeGreaterThan(400);
  });

  test('have their first hashtags below together with the first numbers, even out of sight', async () => {
    const { page, source } = await follow('coffee', { viewport: { width: 1280, height: 300 } });
    source.say('coffee with #beans');
    await page.locator('.basis').filter({ hasText: '1 post' }).waitFor();
    expect(await page.locator('.tags li').allTextContents()).toEqual(['#beans1']);
  });

  test('and their hashtags are tracked by a click, on a phone too', async () => {
    const { page, source } = await follow('coffee', {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
    });
    const long = 'w'.repeat(500);
    source.say(`coffee with #beans and #milk ${long}`);
    await has(page, 'with #beans');
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(390);
    await page.locator('.post-tags').getByRole('button', { name: '#beans' }).tap();
    await page.getByRole('heading', { name: '#beans' }).waitFor();
    expect(new URL(page.url()).searchParams.getAll('track')).toEqual(['coffee', '#beans']);
    await page.locator('.tags').first().getByRole('button', { name: '#milk' }).tap();
    await page.getByRole('heading', { name: '#milk' }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
  });
});
