// The configuration: a command line and an environment in, every option out, or every mistake at once.

import { parseArgs } from 'node:util';
import { Problem } from './option-values.ts';
import { type Config, OPTIONS } from './options.ts';

export type ParsedConfig =
  | { readonly config: Config }
  /** Somebody asked for help. */
  | { readonly help: string }
  /** One sentence for each mistake. */
  | { readonly problems: readonly string[] };

/** Reads options from a command line (without the program) and an environment; a flag wins. */
export function parseConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedConfig {
  const { flags, problems } = readFlags(argv);
  if (flags.has('help')) return { help: describeOptions() };

  const config: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(OPTIONS)) {
    const flag = flags.get(option.flag);
    // A variable that is set to nothing is as good as unset.
    const text = flag ?? (env[option.env] || undefined);
    const value = text === undefined ? option.fallback : option.parse(text);
    config[key] = value;
    if (value instanceof Problem) {
      const name = flag === undefined ? option.env : `--${option.flag}`;
      problems.push(`${name} is "${text}"; it has to be ${value.expected}.`);
    }
  }
  if (config.source === 'replay' && config.file === '') {
    problems.push('--source replay plays a file; name it with --file or REPLAY_FILE.');
  }
  return problems.length > 0 ? { problems } : { config: config as unknown as Config };
}

function readFlags(argv: readonly string[]) {
  const problems: string[] = [];
  const flags = new Map<string, string>();
  const known = new Map(Object.values(OPTIONS).map((option) => [option.flag, option]));
  const strings = [...known.values()].filter(({ value }) => value).map(({ flag }) => flag);
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(strings.map((flag) => [flag, { type: 'string' as const }])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === 'positional') {
      problems.push(`"${token.value}" is not an option; options begin with --.`);
    } else if (token.kind === 'option') {
      const option = known.get(token.name);
      if (token.name === 'help' || token.name === 'h') flags.set('help', '');
      else if (!option) problems.push(`${token.rawName} is no option; see --help.`);
      else if (!option.value) flags.set(token.name, token.value ?? 'true');
      else if (token.value === undefined) problems.push(`${token.rawName} needs a value.`);
      else flags.set(token.name, token.value);
    }
  }
  return { flags, problems };
}

function describeOptions(): string {
  const rows = Object.values(OPTIONS).map(({ flag, value, env, help, fallback }) => {
    const left = `  --${flag}${value ? ` ${value}` : ''}`.padEnd(22);
    const usual = Array.isArray(fallback) ? fallback.join(',') : String(fallback);
    return `${left}${help}\n${' '.repeat(22)}${env}${usual ? `, ${usual} by default` : ''}`;
  });
  return `Usage: npm start -- [options]\n\n${rows.join('\n')}\n`;
}
