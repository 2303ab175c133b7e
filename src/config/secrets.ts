// The values of a configuration that must never leave the process.

import { type Config, OPTIONS } from './options.ts';

/** The values of all options that have no flag, and the passwords that stand in addresses. */
export function secretsOf(config: Config): string[] {
  return Object.entries(OPTIONS).flatMap(([key, { flag }]) => {
    const values = [config[key as keyof Config]].flat().map(String);
    return flag === undefined ? values : values.flatMap(passwordsOf);
  });
}

function passwordsOf(text: string): string[] {
  if (!text.includes('@') || !URL.canParse(text)) return [];
  const { username, password } = new URL(text);
  // Both together are what Basic authentication sends (RFC 7617).
  return password === '' ? [] : [password, decodeURIComponent(password), `${username}:${password}`];
}
