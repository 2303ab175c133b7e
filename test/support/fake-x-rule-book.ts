// The stand-in's rules: kept, added and deleted with the answers that X documents.

import type { Clock } from '../../src/base/clock.ts';
import { parseRule, type Rule, RuleError, type RulePost } from './fake-x-rules.ts';

export interface StoredRule {
  readonly id: string;
  readonly value: string;
  readonly tag?: string | undefined;
  readonly test: Rule;
  /** When it begins to match, by the monotonic clock. */
  readonly inForce: number;
}

/** A post as X writes it under `data`. */
export interface XPost {
  readonly id: string;
  readonly text: string;
  readonly lang?: string;
  readonly [field: string]: unknown;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** A test may change these at any time. */
export interface RuleFaults {
  /** New rules match only after this long, in milliseconds. */
  enactmentMs: number;
  /** Why X does not take a well-formed rule; undefined if it does. */
  reject: (value: string) => string | undefined;
  /** One bad rule makes the whole request fail, and the answer names no rule. */
  allOrNothing: boolean;
}

export interface RuleBookOptions {
  readonly maxRules: number;
  readonly ruleLength: number;
  readonly clock: Clock;
  readonly faults: RuleFaults;
}

const PAGE = 1000;
const PROBLEMS = 'https://api.twitter.com/2/problems';

export function createRuleBook({ maxRules, ruleLength, clock, faults }: RuleBookOptions) {
  const rules = new Map<string, StoredRule>();
  let next = 1001;
  let most = 0;
  const sent = () => new Date(clock.now()).toISOString();

  function check(value: string): Rule | string {
    if (value.length > ruleLength) return `Rules must be ${ruleLength} characters or fewer.`;
    const rejected = faults.reject(value);
    if (rejected !== undefined) return rejected;
    try {
      return parseRule(value);
    } catch (error) {
      if (error instanceof RuleError) return error.message;
      throw error;
    }
  }

  function add(wanted: readonly { value: string; tag?: string | undefined }[], dryRun: boolean) {
    const errors: Record<string, unknown>[] = [];
    const data: StoredRule[] = [];
    const object = (title: string, type: string, more: object) =>
      errors.push({ title, type: `${PROBLEMS}/${type}`, ...more });
    for (const { value, tag } of wanted) {
      const known = [...rules.values(), ...data].find((rule) => rule.value === value);
      const test = check(value);
      if (known !== undefined) {
        object('DuplicateRule', 'duplicate-rules', { value, id: known.id });
      } else if (typeof test === 'string') {
        object('UnprocessableEntity', 'invalid-rules', { value, details: [test] });
      } else if (rules.size + data.length >= maxRules) {
        object('RulesCapExceeded', 'rule-cap', { value, detail: `You have ${rules.size} rules.` });
      } else {
        const inForce = clock.monotonic() + faults.enactmentMs;
        data.push({ id: String(next++), value, tag, test, inForce });
      }
    }
    const invalid = errors.filter(({ title }) => title === 'UnprocessableEntity').length;
    if (faults.allOrNothing && invalid > 0) {
      const body = { title: 'Invalid Request', detail: 'One or more rules are invalid.' };
      return { status: 400, body };
    }
    if (!dryRun) for (const rule of data) rules.set(rule.id, rule);
    most = Math.max(most, rules.size);
    const summary = {
      created: data.length,
      not_created: errors.length,
      valid: wanted.length - invalid,
      invalid,
    };
    const body = {
      ...(data.length > 0 ? { data: data.map(show) } : {}),
      meta: { sent: sent(), summary },
      ...(errors.length > 0 ? { errors } : {}),
    };
    return { status: data.length > 0 ? 201 : 200, body };
  }

  function remove(wanted: { ids?: string[]; values?: string[] }, dryRun: boolean) {
    const doomed = [...rules.values()].filter(
      ({ id, value }) => wanted.ids?.includes(id) || wanted.values?.includes(value),
    );
    if (!dryRun) for (const { id } of doomed) rules.delete(id);
    const asked = (wanted.ids ?? wanted.values ?? []).length;
    const summary = { deleted: doomed.length, not_deleted: asked - doomed.length };
    return { status: 200, body: { meta: { sent: sent(), summary } } };
  }

  return {
    rules,
    /** The most rules at once so far. */
    get most() {
      return most;
    },
    list(page: string | null): Answer {
      const start = Number(page ?? 0);
      const data = [...rules.values()].slice(start, start + PAGE).map(show);
      const next_token = start + PAGE < rules.size ? String(start + PAGE) : undefined;
      const meta = { sent: sent(), result_count: data.length, next_token };
      return { status: 200, body: data.length > 0 ? { data, meta } : { meta } };
    },
    write(body: unknown, dryRun: boolean): Answer {
      const { add: added, delete: removed } = (body ?? {}) as {
        add?: { value: string; tag?: string }[];
        delete?: { ids?: string[]; values?: string[] };
      };
      if (added !== undefined && removed === undefined) return add(added, dryRun);
      if (removed !== undefined && added === undefined) return remove(removed, dryRun);
      return { status: 400, body: { title: 'Invalid Request', detail: 'Either add or delete.' } };
    },
    /** Adds a rule of another program, or of an earlier run. */
    plant(value: string, tag?: string): StoredRule {
      add([{ value, tag }], false);
      const planted = [...rules.values()].at(-1);
      if (planted?.value !== value) throw new Error(`cannot plant ${value}`);
      return planted;
    },
    /** The rules in force that ask for `post`, which may quote another. */
    matching(post: XPost, quotedText?: string): StoredRule[] {
      const references = (post.referenced_tweets ?? []) as { type: string }[];
      const note = post.note_tweet as { text?: string; entities?: unknown } | undefined;
      const seen: RulePost = {
        text: note?.text ?? post.text,
        lang: post.lang,
        isRetweet: references.some(({ type }) => type === 'retweeted'),
        quotedText,
        urls: [post.entities, note?.entities].flatMap(addressesOf),
      };
      const now = clock.monotonic();
      return [...rules.values()].filter(({ inForce, test }) => inForce <= now && test(seen));
    },
  };
}

/** X reads the short address of a link and the one that it stands for. */
function addressesOf(entities: unknown): string[] {
  const { urls = [] } = (entities ?? {}) as { urls?: { url: string; expanded_url?: string }[] };
  return urls.flatMap(({ url, expanded_url = '' }) => [url, expanded_url]);
}

function show({ id, value, tag }: StoredRule) {
  return { id, value, tag };
}
