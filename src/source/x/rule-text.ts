// Spells a clause of a track in X's rule language, so that the rule takes every post that it could match.
// https://docs.x.com/x-api/posts/filtered-stream/integrate/operators

import type { Languages } from '../../base/language.ts';
import type { Clause, Track } from '../../track/track.ts';
import { needsOf, OR } from './rule-term.ts';

/** What surrounds the clauses in each of Senti's rules. */
export interface RuleFormat {
  readonly suffix: string;
  /** Characters for clauses and the ORs between them. */
  readonly room: number;
  /** Every plan needs the same texts again, and spelling them is most of its work. */
  readonly spelt: WeakMap<Track, readonly string[] | undefined>;
}

export function ruleFormat(languages: Languages, ruleLength: number): RuleFormat {
  const suffix = `${askLanguages(languages)} -is:retweet`;
  return { suffix, room: ruleLength - suffix.length - '()'.length, spelt: new WeakMap() };
}

/** A rule that takes what any of `clauses` takes, whatever their order. */
export function spellRule(
  clauses: readonly string[],
  { suffix }: Pick<RuleFormat, 'suffix'>,
): string {
  return `(${[...clauses].sort().join(OR)})${suffix}`;
}

/** A rule that takes what both a rule of `clauses` and one of `others` take. */
export function spellBoth(
  clauses: readonly string[],
  others: readonly string[],
  { suffix }: RuleFormat,
): string {
  const [one, other] = [clauses, others].map((each) => spellRule(each, { suffix: '' }));
  return `${one} ${other}${suffix}`;
}

/** The track's distinct clauses as texts; undefined if X cannot be asked for one of them. */
export function spellTrack(
  track: Track,
  { room, spelt }: RuleFormat,
): readonly string[] | undefined {
  if (!spelt.has(track)) {
    const texts = track.clauses.map((clause) => spellClause(clause, room));
    const isAskable = texts.every((text) => text !== undefined);
    spelt.set(track, isAskable ? [...new Set(texts)] : undefined);
  }
  return spelt.get(track);
}

/**
 * Spells the clause in at most `room` characters; undefined if not even its longest word fits.
 * Terms that don't fit are left out, so that the rule takes more posts, never fewer. So are exclusions: X also
 * looks for them in a quoted post, and would withhold a post for words that are not its own.
 */
export function spellClause({ all }: Clause, room: number): string | undefined {
  const needs = [...new Set(all.flatMap(needsOf))];
  // Long words tend to be rare, so they narrow the rule most.
  const [first, ...others] = needs.sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  if (first === undefined || first.length > room) return undefined;
  let text = first;
  for (const need of others) if (text.length + 1 + need.length <= room) text += ` ${need}`;
  // AND binds before OR, so ORs need parentheses only inside an AND.
  return text === first && text.startsWith('(') ? text.slice(1, -1) : text;
}

// X uses older codes for these languages.
const LANGUAGE_CODES: Readonly<Record<string, string>> = {
  fil: 'tl',
  he: 'iw',
  id: 'in',
  nb: 'no',
};

function askLanguages(languages: Languages): string {
  if (languages === 'any') return '';
  const codes = new Set(languages.map(toCode));
  const asked = [...codes].map((code) => `lang:${code}`).join(OR);
  return codes.size === 1 ? ` ${asked}` : ` (${asked})`;
}

// X knows no regions except those of Chinese, for which it reports `zh`.
function toCode(tag: string): string {
  const primary = tag.split('-')[0] ?? tag;
  return LANGUAGE_CODES[primary] ?? primary;
}
