// Statuses as Mastodon sends them, made up: their authors and instances do not exist.

export interface StatusDraft {
  /** HTML. Made from `text` unless it is given. */
  readonly content?: string;
  readonly text?: string;
  readonly [field: string]: unknown;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** The address of the `n`-th status, the same on every instance. */
export function uriOf(n: number): string {
  return `https://home.example/users/user${n % 97}/statuses/${n}`;
}

/** The `n`-th status on an instance that numbers its statuses from `first` on. */
export function statusOf(n: number, { text = '', ...rest }: StatusDraft = {}, first = 1e6) {
  return {
    id: String(first + n),
    created_at: '2026-11-20T10:00:00.000Z',
    in_reply_to_id: null,
    in_reply_to_account_id: null,
    sensitive: false,
    spoiler_text: '',
    visibility: 'public',
    language: 'en',
    uri: uriOf(n),
    url: `https://home.example/@user${n % 97}/${n}`,
    edited_at: null,
    content: htmlOf(text),
    reblog: null,
    account: { id: String(n % 97), username: `user${n % 97}`, acct: `user${n % 97}@home.example` },
    media_attachments: [],
    mentions: [],
    tags: [],
    emojis: [],
    card: null,
    poll: null,
    ...rest,
  };
}

/** As Mastodon formats what an author types: paragraphs, breaks, hashtags and addresses. */
export function htmlOf(text: string): string {
  const paragraphs = text.split(/\n{2,}/).map((paragraph) =>
    paragraph
      .replace(/[&<>]/g, (sign) => ENTITIES[sign] ?? sign)
      .replace(/https?:\/\/[^\s<]*[^\s<).,!?]/g, linkTo)
      .replace(
        /(?<![\w/#;])#(\w+)/g,
        '<a href="https://home.example/tags/$1" class="mention hashtag" rel="tag">#<span>$1</span></a>',
      )
      .replaceAll('\n', '<br>'),
  );
  return paragraphs.map((paragraph) => `<p>${paragraph}</p>`).join('');
}

/** In characters: Mastodon shows no more of an address. */
const SHOWN = 30;

function linkTo(url: string): string {
  const [, scheme = '', rest = ''] = /^(https?:\/\/(?:www\.)?)(.*)$/.exec(url) ?? [];
  const shown = `<span class="${rest.length > SHOWN ? 'ellipsis' : ''}">${rest.slice(0, SHOWN)}</span>`;
  return (
    `<a href="${url}" target="_blank" rel="nofollow noopener" translate="no">` +
    `<span class="invisible">${scheme}</span>${shown}<span class="invisible">${rest.slice(SHOWN)}</span></a>`
  );
}
