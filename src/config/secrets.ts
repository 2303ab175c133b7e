// The values of a configuration that must never leave the process.

import { type Config, OPTIONS, type OptionKey } from './options.ts';

/** Returns the values of all secrets, and the passwords in addresses. */
export function secretsOf(config: Config): string[] {
  return (Object.keys(OPTIONS) as OptionKey[]).flatMap((key) => {
    const values = [config[key]].flat().map(String);
    return OPTIONS[key].flag === undefined ? values : values.flatMap(passwordsOf);
  });
}

function passwordsOf(text: string): string[] {
  if (!text.includes('@') || !URL.canParse(text)) return [];
  const { username, password } = new URL(text);
  // Basic authentication sends both together (RFC 7617).
  return password === '' ? [] : [password, decodeURIComponent(password), `${username}:${password}`];
}
