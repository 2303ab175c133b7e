// Makes elements in one expression. Text stays text, so nothing that a post contains can run.

type Attributes = Readonly<Record<string, string | boolean | undefined>>;

export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(key, '');
    else if (typeof value === 'string') element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

/** The first element of index.html, or of a copy of one of its templates, that `selector` names. */
export function the<T extends Element>(
  selector: string,
  type: abstract new () => T,
  root: ParentNode = document,
): T {
  const element = root.querySelector(selector);
  if (!(element instanceof type)) throw new Error(`index.html has no ${type.name} ${selector}`);
  return element;
}

/** Changes an attribute only if it differs, since each change causes new styles. */
export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Changes a text only if it differs, since each change causes a new layout. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * The returned function says whether any of an element is in the window. Calls `onEnter` whenever it comes there, until
 * `end` is aborted.
 */
export function watchSight(
  element: Element,
  onEnter: () => void,
  end?: AbortSignal,
): () => boolean {
  let isInSight = false;
  const observer = new IntersectionObserver((entries) => {
    isInSight = entries.at(-1)?.isIntersecting ?? false;
    if (isInSight) onEnter();
  });
  observer.observe(element);
  end?.addEventListener('abort', () => observer.disconnect());
  return () => isInSight;
}

/** What `use` gives, or undefined where the browser forbids storage. */
export function stored<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}

/** Whether a list has to hold still, because a person points at it or is in it. */
export function isHeld(list: Element): boolean {
  // On a touch screen, the last tap counts as hovering for ever.
  return (
    list.matches(':focus-within') ||
    (list.matches(':hover') && matchMedia('(hover: hover)').matches)
  );
}
