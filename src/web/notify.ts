// Notifications of the browser at spikes, for a page in the background. They are off until a person asks for them.

import { setText, stored, the } from './dom.ts';
import { minutesOf } from './picture.ts';
import type { Topic } from './topic-state.ts';
import { describeSpike } from './wording.ts';

const KEY = 'senti.notify';
/** A spike that comes back within this time is the same one, in milliseconds. */
const REST = 300_000;

export class Spikes {
  readonly #seenAt = new WeakMap<object, number>();

  /** Whether a spike of the topic begins now, in milliseconds. */
  begins(topic: object, isSpike: boolean, now: number): boolean {
    if (!isSpike) return false;
    const before = this.#seenAt.get(topic);
    this.#seenAt.set(topic, now);
    return before === undefined || now - before > REST;
  }
}

/** Returns a function that hears whether a topic has a spike. `say` announces one on a page that is in sight. */
export function createNotifier(say: (text: string) => void) {
  const button = the('#notify', HTMLButtonElement);
  const said = the('#notify-said', HTMLElement);
  const spikes = new Spikes();

  button.addEventListener('click', async () => {
    if (isOn()) return show(false, '');
    if (!('Notification' in window)) return lock('This browser cannot notify.');
    if (!isSecureContext) return lock('Browsers notify only for pages with https.');
    const permission = await Notification.requestPermission();
    if (permission === 'denied') {
      return lock('The browser blocks notifications. Allow them for this page, then reload it.');
    }
    const isGranted = permission === 'granted';
    show(isGranted, isGranted ? 'While this page is in the background.' : 'Not allowed so far.');
  });
  const isAllowed = 'Notification' in window && Notification.permission === 'granted';
  if (isRemembered() && isAllowed) show(true, '');

  return (topic: Topic, isSpike: boolean, now: number): void => {
    if (!spikes.begins(topic, isSpike, now)) return;
    topic.window.advance(now);
    const [minute] = minutesOf(topic.window.cells());
    const text = describeSpike(minute?.counts ?? [0, 0, 0]);
    if (!document.hidden) say(`Spike: ${topic.track}. ${text}`);
    else if (isOn()) notify(`Spike: ${topic.track}`, text);
  };

  function isOn(): boolean {
    return button.ariaPressed === 'true';
  }

  function show(on: boolean, text: string): void {
    button.ariaPressed = String(on);
    setText(said, text);
    remember(on);
  }

  /** Says why it does not work, in place of a button that would do nothing. */
  function lock(why: string): void {
    show(false, why);
    button.hidden = true;
  }

  function notify(title: string, body: string): void {
    try {
      const notification = new Notification(title, { body, tag: title });
      notification.addEventListener('click', () => {
        window.focus();
        notification.close();
      });
    } catch (error) {
      // Browsers on phones take them only from a service worker.
      if (!(error instanceof TypeError)) throw error;
      lock('This browser cannot notify.');
    }
  }
}

function isRemembered(): boolean {
  return Boolean(stored(() => localStorage.getItem(KEY)));
}

function remember(on: boolean): void {
  stored(() => (on ? localStorage.setItem(KEY, 'on') : localStorage.removeItem(KEY)));
}
