// The languages of posts, as BCP 47 tags. Sources and options name the same language in several ways.

/** ISO 639's codes for no language, several, an unknown or an artificial one, and its private codes, which X uses too. */
const NO_LANGUAGE = /^(?:und|zxx|mul|mis|art|q[a-t][a-z])(?:-|$)/i;
/** Longer first parts are valid, but stand for no language: people write `english` (RFC 5646, section 2.2.1). */
const TAG = /^[a-z]{2,3}(?:-[a-z0-9]{1,8})*$/i;
/** RFC 5646, section 4.4.1. */
export const MAX_TAG_LENGTH = 35;

/**
 * By tag: a list of its canonical form alone, or an empty one. Finding that takes longer than matching a post. Posts name the
 * same few languages, and those that are kept share these lists.
 */
const remembered = new Map<string, readonly string[]>();
const MAX_REMEMBERED = 1024;

/** The canonical form of `tag`, such as `en` for `eng`; undefined if it names no language. */
export function readLanguage(tag: string): string | undefined {
  return asList(tag)[0];
}

function asList(tag: string): readonly string[] {
  if (tag.length > MAX_TAG_LENGTH) return [];
  const known = remembered.get(tag);
  if (known !== undefined) return known;
  const language = canonicalForm(tag);
  const list = language === undefined ? [] : [language];
  if (remembered.size === MAX_REMEMBERED) remembered.clear();
  remembered.set(tag, list);
  return list;
}

function canonicalForm(tag: string): string | undefined {
  if (!TAG.test(tag) || NO_LANGUAGE.test(tag)) return undefined;
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch (error) {
    // Not every text of this form is a tag: a part may stand twice.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The languages that `tags` name, each once. */
export function readLanguages(tags: readonly string[]): readonly string[] {
  const [tag] = tags;
  if (tags.length === 1 && tag !== undefined) return asList(tag);
  return [...new Set(tags.flatMap(asList))];
}

/** The languages to follow, as lower-case BCP 47 tags; `any` follows all. */
export type Languages = readonly string[] | 'any';

/** Whether a post in `langs` is in one of `languages`: `en` takes `en-GB`, and no language named passes. */
export function isInLanguages(langs: readonly string[], languages: Languages): boolean {
  if (languages === 'any' || langs.length === 0) return true;
  return langs.some((tag) => {
    const lang = tag.toLowerCase();
    return languages.some((wanted) => lang === wanted || lang.startsWith(`${wanted}-`));
  });
}
