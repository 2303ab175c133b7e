// The pages in a real browser, on a server that asks for a token.

import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { executablePath, useBrowser } from '../support/browser.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { faultsOf } from '../support/looks.ts';
import { startSenti } from '../support/senti.ts';
import { createIssuer, OTHER_TOKEN, TOKEN, withKeys, withTokens } from '../support/tokens.ts';
import { until } from '../support/until.ts';

async function saysStatus(page: Page, text: string | RegExp): Promise<void> {
  await page.locator('#status-text').filter({ hasText: text }).waitFor();
}

describe.skipIf(!executablePath)('the dashboard of a server with tokens', () => {
  const open = useBrowser();

  test('asks for one, says when it is rejected, and goes on where it was', async () => {
    const senti = await startSenti(withTokens());
    const { page, errors } = await open();
    await page.goto(`${senti.url}/?track=coffee`);
    await saysStatus(page, /^This server asks for a token$/);
    const field = page.getByLabel('Token', { exact: true });
    expect(await page.getByRole('textbox', { name: 'Topic' }).isVisible()).toBe(false);
    expect(await faultsOf(page)).toEqual([]);
    await field.fill('a-wrong-token');
    await page.keyboard.press('Enter');
    await saysStatus(page, /^The token is unknown; ask the operator for a valid one$/);
    expect(senti.source.wanted).toEqual([]);
    await field.fill(OTHER_TOKEN);
    await page.keyboard.press('Enter');
    await until(() => senti.source.wanted.length > 0, 'coffee is wanted');
    expect(senti.source.wanted).toEqual([['coffee']]);
    expect(page.url()).toBe(`${senti.url}/?track=coffee`);
    await page.getByRole('textbox', { name: 'Topic' }).waitFor();
    expect(await field.isVisible()).toBe(false);

    await page.reload();
    await saysStatus(page, /^(Ready|Live|Starting)/);
    expect(errors).toEqual([]);
  });

  test('takes one from its address, where it does not stay and is sent to nobody', async () => {
    const senti = await startSenti(withTokens());
    const { page, errors } = await open();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url(), ...Object.values(request.headers())));
    await page.goto(`${senti.url}/?track=coffee#token=${TOKEN}`);
    await until(() => senti.source.wanted.length > 0, 'coffee is wanted');
    expect(page.url()).toBe(`${senti.url}/?track=coffee`);
    expect(asked.join('\n')).not.toContain(TOKEN);
    expect(errors).toEqual([]);
  });

  test('asks for another when one has expired', async () => {
    const clock = new FakeClock();
    const issuer = await createIssuer(clock);
    const senti = await startSenti(withKeys(issuer.keys), clock);
    const { page } = await open();
    await page.goto(`${senti.url}/?track=coffee#token=${await issuer.sign(3600)}`);
    await until(() => senti.source.wanted.length > 0, 'coffee is wanted');
    clock.set(clock.now() + 3_600_000);
    for (let step = 0; step < 15; step++) {
      clock.advance(4_000);
      await page.evaluate('1');
    }
    await saysStatus(page, /^The token has expired; connect again with a new one$/);
    await page.getByLabel('Token', { exact: true }).waitFor();
  });

  test('without tokens asks for none', async () => {
    const { url } = await startSenti();
    const { page } = await open();
    await page.goto(url);
    await saysStatus(page, /^Ready/);
    expect(await page.getByLabel('Token', { exact: true }).isVisible()).toBe(false);
  });

  test('leaves GraphiQL a place for one, which its queries and streams are sent with', async () => {
    const senti = await startSenti(withTokens());
    const { page } = await open();
    await page.goto(`${senti.url}/graphql`);
    const play = page.getByRole('button', { name: /^Execute query/ });
    const result = page.locator('.result-window');
    await play.click();
    await result.filter({ hasText: 'This server asks for a token' }).waitFor();
    await page.getByRole('button', { name: 'Headers' }).click();
    const editor = page.locator('.graphiql-editor-tool .monaco-editor').last();
    await editor.click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(`{ "authorization": "Bearer ${TOKEN}" }`);
    await play.click();
    await until(() => senti.source.wanted.length > 0, 'coffee is wanted');
    senti.source.say('coffee');
    await result.filter({ hasText: '"polarityIndex"' }).waitFor();
  });

  test('takes its token along to GraphiQL', async () => {
    const senti = await startSenti(withTokens());
    const { page, errors } = await open();
    await page.goto(`${senti.url}/?track=coffee#token=${TOKEN}`);
    await saysStatus(page, /^Live/);
    await page.getByRole('link', { name: 'The same in GraphQL' }).click();
    await page.locator('.graphiql-editor', { hasText: 'coffee' }).first().waitFor();
    await page.getByRole('button', { name: /^Execute query/ }).click();
    await until(() => senti.source.wanted.at(-1)?.[0] === 'coffee', 'coffee is wanted');
    senti.source.say('coffee');
    await page.locator('.result-window', { hasText: '"polarity"' }).waitFor();
    expect(errors).toEqual([]);
  });
});
