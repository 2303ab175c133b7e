// Asks before the page opens a topic that costs much, or whose price is not known, at a source that charges.

import { EstimateDocument } from '../../schema/operations.ts';
import { setText, the } from './dom.ts';
import type { Connection } from './server-connection.ts';
import { asSentence } from './wording.ts';

/** The share of what is left that opens without a question. */
const LITTLE = 0.1;

/**
 * Returns a function that calls `open`: at once, or when a person agrees to the price of the topics. It ends the question
 * that was asked before. `isPaid` tells whether the server reads a source that charges.
 */
export function createPriceQuestion(
  { ask }: Connection,
  isPaid: () => boolean | Promise<boolean>,
  cancelled: () => void,
) {
  const box = the('#price', HTMLElement);
  const text = the('p', HTMLElement, box);
  const yes = the('button', HTMLButtonElement, box);
  const no = the('button + button', HTMLButtonElement, box);
  const agreed = new Set<string>();
  let question = 0;

  return async (tracks: readonly string[], open: (isAgreed?: boolean) => void): Promise<void> => {
    const mine = ++question;
    const asked = tracks.filter((track) => !agreed.has(track));
    box.hidden = true;
    const paid = isPaid();
    if (asked.length === 0 || paid === false) return open();
    const names = asked.join(' and ');
    const answer = (isAgreed: boolean) => () => {
      question += 1;
      box.hidden = true;
      if (!isAgreed) return cancelled();
      for (const track of asked) agreed.add(track);
      open(true);
    };
    yes.onclick = answer(true);
    no.onclick = answer(false);
    setText(text, `Asking for the price of ${names}…`);
    box.hidden = false;
    const isFree = !(await paid);
    if (mine !== question) return;
    if (isFree) {
      box.hidden = true;
      return open();
    }
    let posts = 0;
    let cost = 0;
    let left: number | null | undefined;
    const told = await Promise.all(asked.map((track) => ask(EstimateDocument, { track })));
    const isMissing = told.includes(undefined);
    let unknown: string | null | undefined = isMissing ? 'the server did not say' : undefined;
    for (const { estimate } of told.filter((each) => each !== undefined)) {
      const unpaid = 1 - (estimate.paidShare ?? 0);
      posts += (estimate.postsPerDay ?? 0) * unpaid;
      cost += (estimate.costPerDay ?? 0) * unpaid;
      left = estimate.postsLeft;
      if (estimate.paidShare !== 1) unknown ??= estimate.reason;
    }
    if (mine !== question) return;
    if (!isMissing && (left == null || (!unknown && posts <= left * LITTLE))) {
      box.hidden = true;
      return open();
    }
    const count = (number: number) => Math.round(number).toLocaleString('en');
    const price = unknown
      ? `The price of ${names} is not known. ${asSentence(unknown)}`
      : `${names} would bring up to ${count(posts)} posts a day from X, for $${cost.toFixed(2)}.`;
    setText(text, left == null ? price : `${price} ${count(left)} may still be read today.`);
    no.focus();
  };
}
