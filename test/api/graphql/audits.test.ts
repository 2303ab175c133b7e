// The audits of GraphQL over HTTP by its working group, with every guard on.

import { serverAudits } from 'graphql-http';
import { expect, test } from 'vitest';
import { configOf, startSenti } from '../../support/senti.ts';
import { TOKEN, withTokens } from '../../support/tokens.ts';

test('passes every audit of GraphQL over HTTP, asking for a token', async () => {
  const config = withTokens(configOf('--origins', 'https://app.example.com'));
  const { url } = await startSenti(config);
  const audits = serverAudits({
    url: `${url}/graphql`,
    fetchFn: (address: string, { headers, ...init }: RequestInit = {}) =>
      fetch(address, {
        ...init,
        headers: {
          ...Object.fromEntries(new Headers(headers)),
          authorization: `Bearer ${TOKEN}`,
          origin: 'https://app.example.com',
        },
      }),
  });
  expect(audits.length).toBe(61);
  const results = await Promise.all(audits.map(({ fn }) => fn()));
  expect(results.filter(({ status }) => status !== 'ok')).toEqual([]);
});
