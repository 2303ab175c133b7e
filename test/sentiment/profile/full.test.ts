import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAnalyzer } from '../../../src/sentiment/analysis.ts';
import { fullText } from '../../../src/sentiment/profile/full.ts';
import { vader } from '../../../src/sentiment/vader/vader.ts';
import { words } from '../../../src/track/words.ts';

const analyze = createAnalyzer('full', vader);
const scoresOf = (text: string) => {
  const { hashtags: _, ...scores } = analyze(text);
  return scores;
};

/** Each ASCII sign and the forms in which phones and word processors write it. */
const FORMS: Readonly<Record<string, readonly string[]>> = {
  "'": ['’', '‘', '‛', 'ʼ', 'ʹ', '´', '′', '＇', '‚', '‹', '›'],
  '"': ['“', '”', '„', '‟', '«', '»', '＂', '「', '」', '『', '』'],
  '-': ['–', '‑', '−', '－'],
  '--': ['—', '―', '––'],
  '...': ['…'],
  '!': ['！', '❗'],
  '?': ['？', '❓'],
};
const SIGNS = /\.{3}|--|["'!?-]/g;

const piece = fc.oneof(
  fc.constantFrom(...Object.keys(FORMS)),
  fc.constantFrom(
    "don't",
    'NOT',
    'great',
    'bad',
    'but',
    'so',
    'a',
    '1',
    '_',
    'é',
    'हि',
    '东京',
    ' ',
    ' ',
  ),
  fc.constantFrom('.', ',', '/', ':', '(', ')', '<3', ':-)', '--<--<@', '#', '@', '@joe', '#sad'),
  fc.constantFrom('https://', 'https://t.co/a', 'https://t.co/a-b', '&', '&amp;', '&lt;3', '&#39;'),
  fc.constantFrom('❤', '❤️', '😂', '👍🏽', '👩‍❤️‍👨', '1️⃣', '🏴‍☠️', '\u200d', '\ufe0f', '\u{1f3fb}'),
  fc.string({ unit: 'binary', maxLength: 3 }),
);
const anyText = fc.array(piece, { maxLength: 24 }).map((pieces) => pieces.join(''));

describe('the full text', () => {
  test.each([
    [
      "don't like this",
      ['’', 'ʼ', '´', '＇', '‘', '‛', 'ʹ', '′'].map((it) => `don${it}t like this`),
    ],
    [
      '"great"',
      ['“great”', '„great“', '‟great”', '«great»', '「great」', '『great』', '＂great＂'],
    ],
    ["'great'", ['‘great’', '‚great‘', '‹great›']],
    ['great...', ['great…', 'great⋯']],
    ['great!!', ['great！！', 'great‼', 'great‼️', 'great❗❗', 'ｇｒｅａｔ！！']],
    ['great?', ['great？', 'great❓']],
    ['fun :-) (-:', ['fun :–) (−:', 'ｆｕｎ\u3000：－）　（－：']],
  ])('reads typographic forms of %j as ASCII', (ascii, forms) => {
    expect(scoresOf(ascii).score).not.toBe(0);
    for (const form of forms) expect([form, scoresOf(form)]).toEqual([form, scoresOf(ascii)]);
  });

  test('has the same scores, whichever form its signs have', () => {
    const picks = fc.array(fc.nat(), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(anyText, picks, (text, picked) => {
        let turn = 0;
        const typographic = text.replace(SIGNS, (sign) => {
          const forms = [sign, ...(FORMS[sign] ?? [])];
          const pick = picked[turn++ % picked.length] ?? 0;
          return forms[pick % forms.length] ?? sign;
        });
        expect(scoresOf(typographic)).toEqual(scoresOf(text));
      }),
      { numRuns: 2000 },
    );
  });

  test('has the same scores without variation selectors, joiners and skin tones', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const bare = text.replace(/[\ufe0e\ufe0f\u200d]|\p{Emoji_Modifier}/gu, '');
        expect(scoresOf(bare)).toEqual(scoresOf(text));
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['❤️', '❤'],
    ['❤️❤️', '❤❤'],
    ['I ❤️ it', 'I ❤ it'],
    ['❤️‍🔥', '❤🔥'],
    ['👩🏽‍❤️‍💋‍👨🏿', '👩❤💋👨'],
    ['☺️ ☹︎', '☺ ☹'],
    ['👋🏻 great', '👋 great'],
  ])('reads the emoji %j as %j', (text, bare) => {
    expect(scoresOf(text)).toEqual(scoresOf(bare));
    expect(fullText(text)).toEqual(fullText(bare));
  });

  test.each(['1️⃣', '#️⃣', '🇫🇷', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '\u200d', '\ufe0f'])('finds nothing to rate in %j', (text) => {
    expect(analyze(text)).toMatchObject({ score: 0, hashtags: [] });
  });

  test.each([
    ['a great—really great—day', 'a great -- really great -- day'],
    ['a great--really great--day', 'a great -- really great -- day'],
    ['great…but', 'great... but'],
    ['great...but', 'great... but'],
    ['“great”—“bad”', '"great" "bad"'],
    ['good—#great', 'good #great'],
    ['😂great', '😂 great'],
    ['😂#great', '😂 #great'],
    ['great😂', 'great 😂'],
  ])('parts the words of %j', (text, parted) => {
    expect(scoresOf(text).score).not.toBe(0);
    expect(scoresOf(text).score).toBe(scoresOf(parted).score);
  });

  test.each([
    '--<--<@',
    '@>-->--',
    "---'-;-{@",
    '..###-:',
    'good-bad',
    '--good',
    'good--',
    'good...',
  ])('keeps %j as it is', (text) => {
    expect(fullText(text).polarityText).toBe(text);
  });

  test('ends a link at a quotation mark', () => {
    expect(fullText('“https://t.co/a”great').polarityText).toBe('""great');
    expect(fullText('«https://t.co/a» ok').polarityText).toBe('"" ok');
  });

  test('has hashtags in ordinary letters', () => {
    expect(fullText('＃ｔａｇ #a️b #हिन्\u200dदी').tags).toEqual(['tag', 'ab', 'हिन्दी']);
    expect(fullText('#hawaiʻi').tags).toEqual(['hawaiʻi']);
    expect(fullText('#İzmir #izmir', ['İZMİR']).tags).toEqual(['izmir', 'izmir']);
  });

  test('has the hashtags that tracks can match', () => {
    const part = fc.constantFrom(
      ...[
        '#',
        '#',
        '#',
        'a',
        'é',
        '_',
        '1',
        '\u0301',
        '東',
        ' ',
        '@',
        '.',
        '/',
        '-',
        '+',
        '&',
        '❤️',
      ],
      ...['#tea', ' https://t.co/x#y ', ' www.x/#y ', '&amp;', '＃', '\u200d', '👍🏽'],
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        const found = words(text).filter((word) => /^#[^-+#]+$/.test(word));
        const tags = fullText(text).tags.map((tag) => `#${tag}`.normalize('NFKC'));
        expect(tags.sort()).toEqual(found.sort());
      }),
      { numRuns: 5000 },
    );
  });
});
