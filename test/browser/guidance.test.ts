// What the dashboard says to a person who is new to it.

import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { UserError } from '../../src/base/user-error.ts';
import type { Track } from '../../src/track/track.ts';
import { executablePath, useBrowser, violationsOf } from '../support/browser.ts';
import { FOREIGN_NAME } from '../support/chromium.ts';
import { startFakeX } from '../support/fake-x.ts';
import { countPosts } from '../support/fake-x-counts.ts';
import { configOf, startReal, startSenti } from '../support/senti.ts';
import { startSeveral } from '../support/several.ts';
import { tempFolder } from '../support/temp-file.ts';

const USAGE = {
  postsToday: 0,
  allowance: 10_000,
  estimatesToday: 0,
  costToday: 0,
  resetsAt: 0,
  postsThisMonth: 0,
  monthlyAllowance: 'none',
  monthResetsAt: 0,
};

describe.skipIf(!executablePath)('the guidance of the dashboard', () => {
  const open = useBrowser();

  test('says which option lets it in under a name that the server does not know', async () => {
    const { url } = await startSenti();
    const { page } = await open();
    await page.goto(`${url.replace('127.0.0.1', FOREIGN_NAME)}/?track=coffee`);
    await page
      .locator('#status-text', { hasText: '--origins (ALLOWED_ORIGINS). Reload' })
      .waitFor();
  });

  test('says how a topic was understood, if that differs from what was typed', async () => {
    const { url } = await startSenti();
    const { page } = await open({ viewport: { width: 390, height: 844 } });
    await page.goto(`${url}/?track=Tea+OR+Coffee+NOT+decaf`);
    await page.locator('.understood', { hasText: 'Understood as coffee -decaf, tea' }).waitFor();
    await page.goto(`${url}/?track=coffee`);
    await page.locator('.basis').waitFor();
    await page.getByRole('textbox', { name: 'Topic' }).fill('TEA');
    await page.keyboard.press('Enter');
    await page.locator('.understood', { hasText: 'Understood as tea' }).waitFor();
    expect(await page.locator('.understood').first().isVisible()).toBe(false);
    expect(await violationsOf(page)).toEqual([]);
  });

  test('lets a rejected topic be corrected in its place, with the keyboard alone', async () => {
    const { url } = await startSenti();
    const { page, errors } = await open({ forcedColors: 'active' });
    await page.goto(`${url}/?track=coffee`);
    await page.getByRole('textbox', { name: 'Topic' }).focus();
    await page.keyboard.type('the');
    await page.keyboard.press('Enter');
    const field = page.getByRole('textbox', { name: 'In place of the' });
    await field.waitFor();
    expect(await field.inputValue()).toBe('the');
    expect(await violationsOf(page)).toEqual([]);
    await page.keyboard.type('the cure');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'the cure' }).waitFor();
    expect(new URL(page.url()).searchParams.getAll('track')).toEqual(['coffee', 'the cure']);
    expect(await page.evaluate('document.activeElement.ariaLabel')).toBe('Stop tracking the cure');
    expect(errors).toEqual([]);
  });

  test('asks before it opens a topic that would use more than a tenth of what is left on X, once', async () => {
    const x = await startFakeX({ postsPerDay: 1200 });
    onTestFinished(() => x.close());
    const config = configOf('--x-url', x.url, '--state-dir', tempFolder(), '--follow', 'paid');
    const senti = await startSenti(
      { ...config, sources: ['x'], xBearerToken: x.token, maxWorkPerSecond: 1e9 },
      systemClock,
      (source) => Object.defineProperty(source, 'usage', { value: USAGE }),
    );
    const { page, errors } = await open();
    await page.goto(`${senti.url}/?track=linked`);
    await page.getByRole('heading', { name: 'linked' }).waitFor();
    const tracked = () => new URL(page.url()).searchParams.getAll('track');
    const type = async (topic: string) => {
      await page.getByRole('textbox', { name: 'Topic' }).fill(topic);
      await page.keyboard.press('Enter');
    };
    const question = page.getByRole('group', { name: /^coffee would bring up to 1,200 posts/ });
    await type('coffee');
    await question.waitFor();
    expect(await question.textContent()).toMatch(
      /^\s*coffee would bring up to 1,200 posts a day from X, for \$6\.00\. 9,9\d\d may still be read today\./,
    );
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Cancel');
    expect(await violationsOf(page)).toEqual([]);
    await page.keyboard.press('Enter');
    expect(await question.isVisible()).toBe(false);
    expect([tracked(), senti.source.wanted.flat().includes('coffee')]).toEqual([['linked'], false]);

    await type('coffee');
    await question.waitFor();
    await page.getByRole('button', { name: 'Track anyway' }).click();
    await page.getByRole('heading', { name: 'coffee' }).waitFor();
    expect(tracked()).toEqual(['linked', 'coffee']);
    await page.getByRole('button', { name: 'Stop tracking coffee' }).click();
    await page.getByRole('heading', { name: 'coffee' }).waitFor({ state: 'detached' });
    // A tenth of what is left, and no more, needs no question.
    x.faults.estimates.push(countPosts('milk', Date.now(), 100));
    await type('milk');
    await page.getByRole('heading', { name: 'milk' }).waitFor();
    await page.getByRole('button', { name: 'Stop tracking milk' }).click();
    await page.getByRole('heading', { name: 'milk' }).waitFor({ state: 'detached' });
    // What is not known may be much.
    x.faults.estimates.push('drop');
    await type('tea');
    const unknown = page.getByRole('group', {
      name: /^The price of tea is not known\. \w.+ may still be read/,
    });
    await unknown.waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(tracked()).toEqual(['linked']);
    // The first is agreed to, and the second is open already.
    for (const topic of ['coffee', 'paid']) {
      await type(topic);
      await page.getByRole('heading', { name: topic }).waitFor();
    }
    expect(errors).toEqual([]);
  });

  test('asks before it opens a topic on X if the server does not tell its price', async () => {
    const x = await startFakeX({ postsPerDay: 1 });
    onTestFinished(() => x.close());
    const config = configOf('--x-url', x.url, '--state-dir', tempFolder());
    // Less than an estimate takes.
    const senti = await startSenti(
      { ...config, sources: ['x'], xBearerToken: x.token, maxWorkPerSecond: 10_000 },
      systemClock,
      (source) => Object.defineProperty(source, 'usage', { value: USAGE }),
    );
    const { page } = await open();
    await page.goto(`${senti.url}/?track=linked`);
    await page.getByRole('heading', { name: 'linked' }).waitFor();
    await page.getByRole('textbox', { name: 'Topic' }).fill('coffee');
    await page.keyboard.press('Enter');
    await page
      .getByRole('group', { name: 'The price of coffee is not known. The server did not say.' })
      .waitFor();
    expect(x.counts.estimates).toBe(0);
  });

  test('says which topics the sample knows, and how to get live posts', async () => {
    const { url } = await startReal();
    const { page } = await open({ colorScheme: 'dark' });
    await page.goto(url);
    await page.getByText('These posts are made up').click();
    await page.getByText('npm start -- --source bluesky').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('button', { name: 'football' }).click();
    await page.getByRole('heading', { name: 'football' }).waitFor();
  });

  test('says nothing of a sample where there is none, and which source does not follow a topic', async () => {
    const { url, sources } = await startSeveral(['one', 'x']);
    const { page } = await open();
    await page.goto(`${url}/?track=coffee`);
    await page
      .locator('#status-text', { hasText: 'Live: posts from one and posts from X' })
      .waitFor();
    expect(await page.getByText('These posts are made up').isVisible()).toBe(false);
    const [, x] = sources;
    x?.sink.rejected(x.tracks[0] as Track, new UserError('UPSTREAM_FULL', 'X is full.'));
    await page.getByText('X does not follow this topic: X is full.').waitFor();
  });
});
