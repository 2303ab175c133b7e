// What ties GraphiQL to the dashboard: a link back with the same topics, and the token that the dashboard was given.

/** Stands before the name of the page, as its logo, for which GraphiQL has 40 pixels. */
export const LOGO =
  '<a id="to-dashboard" href="/" title="Dashboard" aria-label="Dashboard" style="padding:0 0.5rem">←</a>';

/**
 * Runs before GraphiQL. The dashboard keeps its token in the session storage of the tab, under this key. GraphiQL sends
 * it where the headers of the query name none.
 */
const SCRIPT = `
  const { fetch } = globalThis;
  globalThis.fetch = (target, options = {}) => {
    const headers = new Headers(options.headers);
    const token = readToken();
    if (token !== null && !/^bearer +\\S/i.test(headers.get('authorization') ?? '')) {
      headers.set('authorization', 'Bearer ' + token);
    }
    return fetch(target, { ...options, headers });
  };
  function readToken() {
    try {
      return sessionStorage.getItem('senti.token');
    } catch {
      // The browser may forbid storage.
      return null;
    }
  }
  for (const type of ['pointerdown', 'focusin', 'click']) {
    addEventListener(type, ({ target }) => {
      const link = target.closest?.('#to-dashboard');
      if (!link) return;
      // The editor writes spaces that do not break.
      const query = document.querySelector('.graphiql-editor')?.textContent.replaceAll('\\u00a0', ' ') ?? '';
      const tracks = [...query.matchAll(/\\btrack: *("(?:[^"\\\\]|\\\\.)*")/g)].map(([, text]) => JSON.parse(text));
      link.href = '/?' + new URLSearchParams(tracks.map((track) => ['track', track]));
    });
  }
`;

/** Adds the script to the page of GraphiQL. */
export function tieToDashboard(html: string): string {
  return html.replace('<div id="root"></div>', (root) => `${root}<script>{${SCRIPT}}</script>`);
}
