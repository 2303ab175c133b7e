// Removes mentions and links as the first server did. It found them all, and then removed each as a regular expression
// wherever it stood, also at the start of a longer one: "@jo @john" became " hn". Here no part of a text becomes a
// RegExp, because a long link would be too large to compile.

export interface Removal {
  /** Finds the texts to remove. MUST be global. */
  readonly pattern: RegExp;
  /** What each match begins with. */
  readonly head: string;
}

/** How many steps may still be done. A step takes as long as comparing two characters. */
interface Budget {
  left: number;
}

/**
 * Looking for every match everywhere takes the square of a text's length. A text of 500 characters never takes more steps
 * than this, nor does one of 25,000 with 300 mentions or links. Beyond it, the remaining mentions and links are removed
 * only where they stand.
 */
const MAX_STEPS = 1_000_000;
/** The characters that String.indexOf passes in one step, and the steps that a call of it costs. */
const SEARCHED_IN_A_STEP = 32;
const STEPS_OF_A_CALL = 8;

const DOT = 0x2e;
const LINE_FEED = 0x0a;

export function newBudget(): Budget {
  return { left: MAX_STEPS };
}

/** `text` without its matches, each removed wherever it stands. */
export function withoutEach(text: string, { pattern, head }: Removal, budget: Budget): string {
  if (!text.includes(head)) return text;
  let rest = text;
  for (const match of text.match(pattern) ?? []) {
    budget.left -= rest.length / SEARCHED_IN_A_STEP;
    let kept = '';
    let from = 0;
    for (let at = rest.indexOf(head); at !== -1; at = rest.indexOf(head, at)) {
      if (budget.left < 0) return (kept + rest.slice(from)).replace(pattern, '');
      const end = endOf(match, rest, at);
      budget.left -= STEPS_OF_A_CALL + (end < 0 ? ~end : end) - at;
      if (end < 0) {
        at += 1;
      } else {
        kept += rest.slice(from, at);
        from = end;
        at = end;
      }
    }
    if (from > 0) rest = kept + rest.slice(from);
  }
  return rest;
}

/**
 * Where `match` ends if it stands in `text` at `start`; otherwise ~ of where the comparison ended, which is negative. A
 * dot in it stands for any character but a line feed.
 */
function endOf(match: string, text: string, start: number): number {
  let at = start;
  for (let i = 0; i < match.length; i++) {
    const wanted = match.charCodeAt(i);
    const unit = text.charCodeAt(at++);
    if (unit === wanted) continue;
    if (wanted !== DOT || unit === LINE_FEED || at > text.length) return ~at;
    if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(at))) at++;
  }
  return at;
}

function isHighSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}

function isLowSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xdc00;
}
