// Counts of posts by polarity, and what follows from them.

/** By polarityIndex: positive, negative, neutral. */
export type Counts = [positive: number, negative: number, neutral: number];

export function totalOf(all: readonly { readonly counts: Readonly<Counts> }[]): Counts {
  const total: Counts = [0, 0, 0];
  for (const { counts } of all) for (const i of [0, 1, 2] as const) total[i] += counts[i];
  return total;
}

export function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** Positive minus negative of a hundred posts, -100 to 100; undefined without posts. */
export function balanceOf(counts: Readonly<Counts>): number | undefined {
  const all = sum(counts);
  return all === 0 ? undefined : Math.round(((counts[0] - counts[1]) / all) * 100);
}

/** Whole percentages that add up to 100 (largest remainder), or to 0 without posts. */
export function sharesOf(counts: readonly number[]): number[] {
  const all = sum(counts);
  if (all === 0) return counts.map(() => 0);
  const exact = counts.map((count) => (count / all) * 100);
  const rest = (share: number) => share % 1;
  const missing = 100 - sum(exact.map(Math.floor));
  const raised = exact
    .map((_, i) => i)
    .sort((a, b) => rest(exact[b] ?? 0) - rest(exact[a] ?? 0))
    .slice(0, missing);
  return exact.map((share, i) => Math.floor(share) + (raised.includes(i) ? 1 : 0));
}

/** What is said of each topic, of a hundred posts; undefined unless all are known and there are posts. */
export function sharesOfVoice(posts: readonly (number | undefined)[]): number[] | undefined {
  const known = posts.filter((count) => count !== undefined);
  return known.length < posts.length || sum(known) === 0 ? undefined : sharesOf(known);
}
