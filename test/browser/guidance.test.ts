// What the dashboard says to a person who is new to it.

import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { UserError } from '../../src/base/user-error.ts';
import type { Track } from '../../src/track/track.ts';
import { executablePath, useBrowser } from '../support/browser.ts';
import { FOREIGN_NAME } from '../support/chromium.ts';
import { startFakeX } from '../support/fake-x.ts';
import { countPosts, type PostsPerDay } from '../support/fake-x-counts.ts';
import { faultsOf } from '../support/looks.ts';
import { configOf, startReal, startSenti } from '../support/senti.ts';
import { startSeveral } from '../support/several.ts';
import { tempFolder } from '../support/temp-file.ts';

const COFFEE = { text: 'coffee', lang: 'en', isRetweet: false };

/** Its posts come from the test's hand, and estimates from a stand-in for X. An estimate leaves no debt of work. */
async function startWithX(postsPerDay: PostsPerDay, ...argv: readonly string[]) {
  const x = await startFakeX({ postsPerDay });
  onTestFinished(() => x.close());
  const config = configOf('--x-url', x.url, '--state-dir', tempFolder(), ...argv);
  const senti = await startSenti(
    { ...config, sources: ['x'], xBearerToken: x.token, maxWorkPerSecond: 1e9 },
    systemClock,
    (source) => Object.defineProperty(source, 'name', { value: 'x' }),
  );
  return { x, senti };
}

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
    const { page } = await open();
    await page.goto(`${url}/?track=Tea+OR+Coffee+NOT+decaf`);
    await page.locator('.understood', { hasText: 'Understood as coffee -decaf, tea' }).waitFor();
    await page.goto(`${url}/?track=coffee`);
    await page.locator('.basis').waitFor();
    await page.getByRole('textbox', { name: 'Topic' }).fill('TEA');
    await page.keyboard.press('Enter');
    await page.locator('.understood', { hasText: 'Understood as tea' }).waitFor();
    expect(await page.locator('.understood').first().isVisible()).toBe(false);
    expect(await faultsOf(page)).toEqual([]);
  });

  test('has one place for two spellings of a topic', async () => {
    const { url, source } = await startSenti();
    const { page, errors } = await open();
    await page.goto(`${url}/?track=coffee,+tea&track=Tea+OR+Coffee`);
    const hint = page.locator('#hint');
    await hint
      .filter({ hasText: 'You already track “coffee, tea”, which is the same as “Tea OR Coffee”.' })
      .waitFor();
    await page.getByRole('textbox', { name: 'Topic' }).fill('coffee OR tea');
    await page.keyboard.press('Enter');
    await hint.filter({ hasText: 'which is the same as “coffee OR tea”.' }).waitFor();
    expect(await page.getByRole('heading', { level: 2 }).allTextContents()).toEqual([
      'coffee, tea',
    ]);
    expect(new URL(page.url()).searchParams.getAll('track')).toEqual(['coffee, tea']);
    expect(await page.evaluate('document.activeElement.id')).toBe('track');
    source.say('coffee');
    await page.locator('.basis', { hasText: '1 post' }).waitFor();
    expect(errors).toEqual([]);
  });

  test('lets a rejected topic be corrected in its place, with the keyboard alone', async () => {
    const { url } = await startSenti();
    const { page, errors } = await open();
    await page.goto(`${url}/?track=coffee`);
    await page.getByRole('textbox', { name: 'Topic' }).focus();
    await page.keyboard.type('the');
    await page.keyboard.press('Enter');
    const field = page.getByRole('textbox', { name: 'In place of the' });
    await field.waitFor();
    expect(await field.inputValue()).toBe('the');
    expect(await faultsOf(page)).toEqual([]);
    await page.keyboard.type('the cure');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'the cure' }).waitFor();
    expect(new URL(page.url()).searchParams.getAll('track')).toEqual(['coffee', 'the cure']);
    expect(await page.evaluate('document.activeElement.ariaLabel')).toBe('Stop tracking the cure');
    expect(errors).toEqual([]);
  });

  test('asks before it opens a topic that would use more than a tenth of what is left on X, once', async () => {
    const { senti, x } = await startWithX((rule) => (rule(COFFEE) ? 1200 : 0), '--follow', 'paid');
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
    expect(await faultsOf(page)).toEqual([]);
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
      name: /^The price of tea is not known\. X cannot be reached.+\. [\d,]+ may still be read/,
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
    const { senti, x } = await startWithX(1);
    const { page } = await open();
    await page.routeWebSocket('**', (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((message) => {
        const { id, payload } = JSON.parse(String(message));
        if (!payload?.query?.includes('query Estimate')) return server.send(message);
        socket.send(JSON.stringify({ id, type: 'error', payload: [{ message: 'Wait.' }] }));
      });
    });
    await page.goto(`${senti.url}/?track=linked`);
    await page.getByRole('heading', { name: 'linked' }).waitFor();
    await page.getByRole('textbox', { name: 'Topic' }).fill('coffee');
    await page.keyboard.press('Enter');
    await page
      .getByRole('group', { name: 'The price of coffee is not known. The server did not say.' })
      .waitFor();
    expect(x.counts.estimates).toBe(0);
  });

  test('asks also before it knows that the server reads X', async () => {
    const { senti } = await startWithX(1200);
    const { page } = await open();
    const told = Promise.withResolvers<void>();
    await page.routeWebSocket('**', (socket) => {
      const server = socket.connectToServer();
      server.onMessage(async (message) => {
        await told.promise;
        socket.send(message);
      });
    });
    await page.goto(senti.url);
    await page.getByRole('textbox', { name: 'Topic' }).fill('coffee');
    await page.keyboard.press('Enter');
    await page.getByRole('group', { name: /^Asking for the price of coffee/ }).waitFor();
    told.resolve();
    await page.getByRole('group', { name: /^coffee would bring up to 1,200 posts/ }).waitFor();
    expect(senti.source.wanted).toEqual([]);
  });

  test('says which topics the sample knows, and how to get live posts', async () => {
    const { url } = await startReal();
    const { page } = await open();
    await page.goto(url);
    await page.getByText('These posts are made up').click();
    await page.getByText('npm start -- --source bluesky').waitFor();
    expect(await faultsOf(page)).toEqual([]);
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
