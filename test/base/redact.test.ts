import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor, REDACTED } from '../../src/base/redact.ts';

const TOKEN = 'AAAAAAAA"bearer/token\\of%20X==';

describe('a secret', () => {
  test.each([
    ['as it stands', TOKEN],
    ['in JSON', JSON.stringify(TOKEN).slice(1, -1)],
    ['in an address', encodeURIComponent(TOKEN)],
    ['in base64', Buffer.from(TOKEN).toString('base64')],
    ['cut by the program that repeats it', TOKEN.slice(0, 14)],
  ])('is redacted %s', (_how, written) => {
    const redact = createRedactor([TOKEN]);
    expect(redact(`X answered 401 (${written}) and (${written})`)).toBe(
      `X answered 401 (${REDACTED}) and (${REDACTED})`,
    );
  });

  test('is redacted whole where another one is its beginning', () => {
    expect(createRedactor(['abcdef', 'abcdefghijkl'])('abcdefghijkl abcdef')).toBe(
      `${REDACTED} ${REDACTED}`,
    );
  });

  test('is left when it is too short to tell from a word', () => {
    expect(createRedactor(['', 'senti'])('senti is listening')).toBe('senti is listening');
  });

  test('never leaves in any text', () => {
    const text = fc.string({ maxLength: 20 });
    // Neither the mark nor the text around it may happen to spell the secret.
    const secret = fc.stringMatching(/^[0-9]{12,40}$/);
    const around = text.filter((it) => !/[0-9]/.test(it));
    fc.assert(
      fc.property(secret, around, around, around, (hidden, before, between, after) => {
        const left = createRedactor([hidden])(`${before}${hidden}${between}${hidden}${after}`);
        expect(left).toBe(`${before}${REDACTED}${between}${REDACTED}${after}`);
      }),
    );
  });
});
