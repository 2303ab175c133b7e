// Profile `original`: the text as the first server (Python 3) cut it down before scoring it.

import type { ReadText } from './text.ts';

// Python's Unicode `\w`.
const HANDLE = /@[\p{L}\p{N}_]*/gu;
const LINK = /https?:\/\/[A-Za-z0-9./]*/g;
const HASHTAG = /#(\w+)/g;

export function originalText(text: string): ReadText {
  const linkless = withoutMatches(text.toLowerCase().replace(HANDLE, ''));
  return {
    polarityText: linkless.replace(/[^a-z#!?']+/g, ' '),
    tags: [...linkless.replace(/[^a-z#]+/g, ' ').matchAll(HASHTAG)].map(([, tag = '']) => tag),
  };
}

function withoutMatches(text: string): string {
  let rest = text;
  for (const [link] of text.matchAll(LINK)) {
    rest = rest.replace(new RegExp(link.replaceAll('/', '\\/'), 'g'), '');
  }
  return rest;
}
