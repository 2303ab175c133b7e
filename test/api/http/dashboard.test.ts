import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readDashboard } from '../../../src/api/http/dashboard.ts';
import { configOf, startSenti } from '../../support/senti.ts';

const ASSETS = new URL('../../../dist/web/assets/', import.meta.url);
/** The bound on the scripts of the page as they are sent, in bytes. */
const MAX_SENT_BYTES = 45_000;
/** The bound on its scripts and styles as the browser reads them, in bytes. */
const MAX_READ_BYTES = 130_000;

describe('the dashboard', () => {
  test('is served with a policy that allows no inline code and no other origins', async () => {
    const { url } = await startSenti();
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|data:|https?:/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    const page = await response.text();
    expect(page).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=/);
    expect(page).not.toMatch(/(src|href)="https?:/);
  });

  test('has assets that are cached forever, and an index that is revalidated', async () => {
    const { url } = await startSenti();
    const index = await fetch(url);
    const names = [...(await index.text()).matchAll(/"(\/assets\/[^"]+)"/g)].map(
      ([, name]) => name,
    );
    expect(names.length).toBeGreaterThanOrEqual(3);
    for (const name of names) {
      const response = await fetch(`${url}${name}`);
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(response.headers.get('content-type')).toMatch(/^(text\/(javascript|css)|image\/svg)/);
      await response.arrayBuffer();
    }
    const again = await fetch(url, {
      headers: { 'if-none-match': index.headers.get('etag') ?? '' },
    });
    expect(again.status).toBe(304);
  });

  test('sends at most 45 kB of script, of 130 kB of script and style', () => {
    const names = readdirSync(ASSETS).filter((name) => /\.(js|css)$/.test(name));
    const files = names.map((name) => readFileSync(new URL(name, ASSETS)));
    const scripts = files.filter((_, i) => names[i]?.endsWith('.js'));
    const sizeOf = (all: readonly Buffer[]) => all.reduce((sum, { length }) => sum + length, 0);
    expect(scripts.length).toBeGreaterThan(0);
    const sent = scripts.map((script) => gzipSync(script, { level: 9 }));
    expect(sizeOf(sent)).toBeLessThanOrEqual(MAX_SENT_BYTES);
    expect(sizeOf(files)).toBeLessThanOrEqual(MAX_READ_BYTES);
  });

  test('answers HEAD without a body, and rejects other methods', async () => {
    const { url } = await startSenti();
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(100);
    const posted = await fetch(url, { method: 'POST', body: 'x' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(await posted.json()).toEqual({
      error: 'POST is not allowed here; use GET, or POST on /graphql',
    });
  });

  test.each([
    '/../package.json',
    '/assets/../../web.stamp',
    '/%2e%2e/package.json',
    '/assets/..%2f..%2fweb.stamp',
    '//etc/passwd',
    '/index.html/../../web.stamp',
    '/assets/',
    '/__proto__',
  ])('serves nothing at %s', async (path) => {
    const { url } = await startSenti();
    // fetch would normalize the path.
    const status = await new Promise((resolve, reject) => {
      const outgoing = request({ port: new URL(url).port, host: '127.0.0.1', path }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      outgoing.on('error', reject).end();
    });
    expect(status).toBe(404);
  });

  test('explains how to build it if it has not been built', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'senti-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    for (const place of [folder, join(folder, 'nowhere')]) {
      const page = await readDashboard(pathToFileURL(`${place}/`));
      const server = createServer((incoming, response) => {
        if (!page('/', incoming, response)) response.end('not the page');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void server.close());
      const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      expect(response.status).toBe(503);
      expect(await response.text()).toContain('npm run build');
    }
  });
});

test('GraphiQL can be disabled while GraphQL stays available', async () => {
  const { url } = await startSenti(configOf('--graphiql=false'));
  const page = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' } });
  expect(await page.text()).not.toContain('<html');
  const answer = await fetch(`${url}/graphql?query={__typename}`, {
    headers: { accept: 'application/json' },
  });
  expect(await answer.json()).toEqual({ data: { __typename: 'Query' } });
});
