// What a process and its children have taken, by /proc. Only Linux has it.

import { readFileSync } from 'node:fs';

/** In milliseconds; Linux counts in hundredths of a second on every usual machine. */
const TICK = 10;

/** Milliseconds of CPU so far. */
export function cpuOf(pid: number): number {
  return sum(pid, (pid) => {
    // The name of the program, in parentheses, may hold spaces.
    const fields = read(pid, 'stat')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK;
  });
}

/** Bytes of resident memory. */
export function memoryOf(pid: number): number {
  return sum(pid, (pid) => 1024 * Number(/VmRSS:\s+(\d+)/.exec(read(pid, 'status'))?.[1] ?? 0));
}

function sum(pid: number, of: (pid: number) => number): number {
  const children = read(pid, `task/${pid}/children`).split(' ').filter(Boolean).map(Number);
  return of(pid) + children.reduce((total, child) => total + sum(child, of), 0);
}

function read(pid: number, file: string): string {
  return readFileSync(`/proc/${pid}/${file}`, 'utf8');
}
