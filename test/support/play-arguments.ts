// What the commands of the stand-ins share: their command line, and how they play a file of posts again and again.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/base/clock.ts';
import { isSystemError } from '../../src/base/small-file.ts';

const TICK_MS = 50;

interface Draft {
  readonly text: string;
  readonly langs: readonly string[];
}

export interface PlayArguments {
  readonly posts: readonly Draft[];
  /** Posts a second. */
  readonly rate: number;
  readonly port: number;
}

/** A mistake of the operator, as a sentence. */
class Mistake extends Error {}

/** Reads argv. Prints the usage, or what is wrong, and returns undefined if there is nothing to play. */
export function readPlayArguments(command: string, usualRate: number): PlayArguments | undefined {
  const usage =
    `Usage: npm run ${command} -- --file src/source/posts.ndjson [--rate ${usualRate}] [--port 0]\n` +
    'A line of the file is {"text": "…", "langs"?: ["en"], "lang"?: "en"}; it is played again and again.\n';
  try {
    const { values } = parse(usualRate);
    if (values.help) {
      process.stdout.write(usage);
      return undefined;
    }
    const rate = Number(values.rate);
    if (!(rate > 0)) throw new Mistake('--rate must be a number above 0.');
    const port = Number(values.port);
    if (!/^\d+$/.test(values.port) || port > 65_535) {
      throw new Mistake('--port must be a whole number from 0 to 65535.');
    }
    if (!values.file) throw new Mistake('Name the file to play with --file.');
    return { posts: readPosts(values.file), rate, port };
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    process.stderr.write(`${command}: ${error.message}\n${usage}`);
    process.exitCode = 1;
    return undefined;
  }
}

/** Plays the posts at their rate, for as long as the command runs. Each time, a post has another number. */
export function playOn(
  { posts, rate }: PlayArguments,
  emit: (post: Draft, number: number) => void,
): void {
  // With the numbers of an earlier run, posts would count as repeats.
  const first = systemClock.now();
  const start = systemClock.monotonic();
  let played = 0;
  setInterval(() => {
    const due = ((systemClock.monotonic() - start) / 1000) * rate;
    for (; played < due; played++) {
      const post = posts[played % posts.length];
      if (post) emit(post, first + played);
    }
  }, TICK_MS);
}

/** Ends the command with a sentence if its server cannot listen. */
export async function listening<T>(command: string, server: Promise<T>): Promise<T> {
  try {
    return await server;
  } catch (error) {
    if (!isSystemError(error) || error.syscall !== 'listen') throw error;
    process.stderr.write(`${command}: ${error.message}. Choose another --port.\n`);
    process.exit(1);
  }
}

function parse(usualRate: number) {
  try {
    return parseArgs({
      options: {
        help: { type: 'boolean', short: 'h' },
        file: { type: 'string' },
        rate: { type: 'string', default: String(usualRate) },
        port: { type: 'string', default: '0' },
      },
    });
  } catch (error) {
    if (error instanceof TypeError && 'code' in error) throw new Mistake(error.message);
    throw error;
  }
}

function readPosts(file: string): readonly Draft[] {
  const posts = readText(file)
    .split('\n')
    .flatMap((line, index) => (line.trim() === '' ? [] : [readPost(line, `${file}:${index + 1}`)]));
  if (posts.length === 0) throw new Mistake(`${file} has no posts.`);
  return posts;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new Mistake(`${file} cannot be read (${error.message}).`);
  }
}

function readPost(line: string, where: string): Draft {
  let post: { text?: unknown; lang?: string; langs?: readonly string[] } | null;
  try {
    post = JSON.parse(line);
  } catch {
    throw new Mistake(`${where} is not JSON.`);
  }
  const { text, lang, langs = lang ? [lang] : [] } = post ?? {};
  if (typeof text !== 'string') throw new Mistake(`${where} has no "text".`);
  return { text, langs };
}
