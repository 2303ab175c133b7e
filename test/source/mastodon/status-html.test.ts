import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  MAX_DEPTH,
  MAX_HTML,
  onOneLine,
  readHtml,
} from '../../../src/source/mastodon/status-html.ts';
import { cpuNanoseconds } from '../../bench/measure.ts';
import { htmlOf } from '../../support/statuses.ts';

const LONG = 'https://www.example.com/some/long/path/to/a/page?with=query';
const textOf = (html: string) => onOneLine(readHtml(html).text);
const shownOf = (html: string) => onOneLine(readHtml(html).shown);

describe('the text of a status', () => {
  test.each([
    ['<p>one</p><p>two</p>', 'one two'],
    ['one<br>two<br />three<br/>four', 'one two three four'],
    ['<p>one\n  two</p>', 'one two'],
    ['<ul><li>one</li><li>two</li></ul>after', 'one two after'],
    ['<blockquote><p>said</p></blockquote>so', 'said so'],
    ['un<b>believ</b>able <em>good</em>', 'unbelievable good'],
    ['fish &amp; chips &lt;3 &#128512; &hellip;', 'fish & chips <3 😀 …'],
    ['&amp;lt; is no bracket', '&lt; is no bracket'],
    ['good :blobcat: morning', 'good :blobcat: morning'],
    ['<p>a <script>alert("bad")</script><style>p { }</style>b</p>', 'a b'],
    ['<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>', '漢字'],
    ['<p>unclosed <b>and </i>crossed</p> tags', 'unclosed and crossed tags'],
    // As browsers show it: there it is text.
    ['<svg><![CDATA[<p>]]></svg>', '<p>'],
    ['no tags', 'no tags'],
    ['', ''],
  ])('%j is %j', (html, text) => {
    expect(textOf(html)).toBe(text);
    expect(shownOf(html)).toBe(text);
    expect(readHtml(html).links).toEqual([]);
  });

  test('has the full address of a link that shows a part of it', () => {
    const html = htmlOf(`see ${LONG}, and (http://b.example)`);
    expect(textOf(html)).toBe(`see ${LONG}, and (http://b.example)`);
    expect(shownOf(html)).toBe('see example.com/some/long/path/to/…, and (b.example)');
    expect(readHtml(html).links).toEqual([LONG, 'http://b.example']);
  });

  test('keeps the words next to an address apart from it', () => {
    const html = `<p>before<a href="${LONG}">${LONG}</a>after</p>`;
    expect(textOf(html)).toBe(`before ${LONG} after`);
  });

  test('keeps the words of a link that shows no address', () => {
    const html = `<p>read <a href="${LONG}">this <b>great</b> page</a> now</p>`;
    expect(textOf(html)).toBe('read this great page now');
    expect(readHtml(html).links).toEqual([LONG]);
  });

  test.each([
    ['a hashtag', htmlOf('#Coffee'), '#Coffee'],
    ['a hashtag of another server', '<a href="https://m.example/t/tea" rel="tag">#tea</a>', '#tea'],
    ['a person', '<a href="https://m.example/@a" class="u-url mention">@<span>a</span></a>', '@a'],
    [
      'a person of another server',
      '<a href="https://m.example/a">@a@m.example</a>',
      '@a@m.example',
    ],
  ])('%s is shown, but is no link', (_, html, text) => {
    expect(textOf(`<p>x ${html} y</p>`)).toBe(`x ${text} y`);
    expect(readHtml(html).links).toEqual([]);
  });

  test('leaves out a link that readers do not see, or that leads to no web address', () => {
    const quoted = `<p class="quote-inline">RE: <a href="${LONG}">${LONG}</a></p><p>indeed</p>`;
    expect(textOf(quoted)).toBe('indeed');
    expect(readHtml(quoted).links).toEqual([]);
    const other = '<a href="gemini://g.example/">this</a> <a>that</a> <a href="javascript:x">x</a>';
    expect(textOf(other)).toBe('this that x');
    expect(readHtml(other).links).toEqual([]);
  });
});

describe('hostile HTML', () => {
  test('is read up to a bound of its length', () => {
    expect(textOf(`${'<i></i> '.repeat(MAX_HTML / 8)}beyond`)).toBe('');
  });

  test('is read up to a bound of its depth, and in little time', () => {
    const deep = (depth: number) => `${'<b>'.repeat(depth)}deep${'</b>'.repeat(depth)} end`;
    expect(textOf(deep(MAX_DEPTH))).toBe('deep end');
    expect(textOf(`start ${deep(MAX_DEPTH + 1)}`)).toBe('start');
    const hostile = [
      '<b>'.repeat(MAX_HTML / 8) + '</i>'.repeat(MAX_HTML / 8),
      '<a href="https://a.example/">a.example</a>'.repeat(MAX_HTML / 42),
      `<p class="${'invisible '.repeat(MAX_HTML / 10)}">`,
      `<p ${'a=b '.repeat(MAX_HTML / 4)}>`,
      ...['<', '&', '&#65;', '</p>', '<!--', '<br>'].map((it) => it.repeat(MAX_HTML / it.length)),
    ];
    const nanoseconds = cpuNanoseconds(() => hostile.forEach(readHtml));
    expect(nanoseconds / hostile.length).toBeLessThan(200e6);
  });

  test('of any kind gives text without tags', () => {
    const piece = fc.constantFrom(
      ...[
        '<p>',
        '</p>',
        '<br>',
        '<a href="https://a.example/b">',
        '</a>',
        '<span class="invisible">',
      ],
      ...[
        '</span>',
        '<span class="ellipsis">',
        '<svg>',
        '<math>',
        '</form>',
        '<form>',
        '<!--',
        '-->',
      ],
      ...['<![CDATA[', ']]>', '<?x', '&#0;', '&amp;', '\u0000', '"', "'", '=', '/', 'word', ' '],
      ...['<p class="quote-inline">', '<textarea>', '<title>', '</title>', 'https://a.example/b'],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const html = pieces.join('');
        fc.pre(!/<(?:svg|math)>.*<!\[CDATA\[/.test(html));
        const { text, shown, links } = readHtml(html);
        expect(text).not.toMatch(/<p|<\/a|class=/);
        expect(shown).not.toMatch(/<p|<\/a|class=/);
        expect(links.every((link) => link === 'https://a.example/b')).toBe(true);
      }),
    );
  });
});
