// The latest posts of a topic. The list holds still while it is paused, scrolled, under the pointer or in focus.

import { isHeld, setText, the, watchSight } from './dom.ts';
import { OUT_OF_SIGHT } from './drawing-pace.ts';
import { createPostRow, type PostActions } from './post-row.ts';
import type { Heard, Topic } from './topic-state.ts';

const SHOWN = 10;
/** The shortest time between two changes of a full list, so that it can be read; in milliseconds. */
const PACE = 1500;

/** Returns a function that shows the latest posts of `topic` in `section`. */
export function createEventList(section: HTMLElement, topic: Topic, actions: PostActions) {
  const list = the('.events', HTMLElement, section);
  const filter = the('.filter', HTMLSelectElement, section);
  const pause = the('.pause', HTMLButtonElement, section);
  const none = the('.no-posts', HTMLElement, section);
  // A row that stays is not made anew, so what was opened in it stays open.
  const rows = new WeakMap<Heard, HTMLElement>();
  let shown: readonly Heard[] = [];
  let shownAt = 0;
  let isPaused = false;
  // Asking for its place after texts have changed would cost a layout.
  let isScrolled = false;

  list.ariaLabel = `Latest posts on ${topic.track}`;
  list.addEventListener('scroll', () => {
    isScrolled = list.scrollTop > 0;
  });
  filter.addEventListener('change', show);
  pause.addEventListener('click', () => {
    isPaused = !isPaused;
    if (!isPaused) show();
    nameButton();
  });
  const isInSight = watchSight(list, update);
  return update;

  function update(): void {
    if (isPaused) {
      nameButton();
      return;
    }
    const pace = isInSight() ? PACE : OUT_OF_SIGHT;
    const isTooEarly = shown.length === SHOWN && performance.now() - shownAt < pace;
    if (!isTooEarly && !isHeld(list) && !isScrolled) show();
  }

  function wanted(): readonly Heard[] {
    const { value } = filter;
    return value === '' ? topic.latest : topic.latest.filter((it) => it.event.polarity === value);
  }

  function show(): void {
    const next = wanted().slice(0, SHOWN);
    none.hidden = next.length > 0;
    setText(none, topic.latest.length === 0 ? 'None so far' : 'None of these so far');
    if (next.length === shown.length && next.every((heard, i) => heard === shown[i])) return;
    shown = next;
    shownAt = performance.now();
    list.replaceChildren(...next.map(rowOf));
  }

  function rowOf(heard: Heard): HTMLElement {
    const row = rows.get(heard) ?? createPostRow(heard, actions);
    rows.set(heard, row);
    return row;
  }

  function nameButton(): void {
    const [newest] = shown;
    const place = newest ? wanted().indexOf(newest) : 0;
    const fresh = place < 0 ? ` (${topic.latest.length}+ new)` : place > 0 ? ` (${place} new)` : '';
    setText(pause, isPaused ? `Resume${fresh}` : 'Pause');
  }
}
