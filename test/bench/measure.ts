// Measuring, and showing what was measured.

/** The CPU time of this process that `work` takes, in nanoseconds. It includes that of threads beside this one. */
export function cpuNanoseconds(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) * 1000;
}

/** The CPU time of this thread alone. It bounds how much a second holds; garbage may be collected beside it. */
export function threadNanoseconds(work: () => void): number {
  const start = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) * 1000;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Rows of equal keys as columns for people. */
export function table(
  rows: readonly Readonly<Record<string, string | number | undefined>>[],
): string {
  const keys = Object.keys(rows[0] ?? {});
  const cells = [keys, ...rows.map((row) => keys.map((key) => show(row[key])))];
  const widths = keys.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  const isText = keys.map((key) => typeof rows[0]?.[key] === 'string');
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (isText[i] ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return `${cells.map(line).join('\n')}\n`;
}

function show(value: string | number | undefined): string {
  return typeof value === 'number' ? value.toLocaleString('en') : (value ?? '');
}

interface Part {
  readonly title: string;
  readonly rows: readonly Readonly<Record<string, string | number | undefined>>[];
}

/** Runs the parts that are asked for, or all of them. Prints a table of each, and all as one line of JSON. */
export async function runParts(
  bench: string,
  parts: Readonly<Record<string, () => Promise<Part>>>,
  asked: readonly string[],
): Promise<void> {
  const found: Record<string, unknown> = { bench };
  for (const [name, measure] of Object.entries(parts)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const { title, rows } = await measure();
    process.stdout.write(`${title}\n\n${table(rows)}\n`);
    found[name] = rows;
  }
  process.stdout.write(`${JSON.stringify(found)}\n`);
}
