// The page: takes topics from the address and events from the connection, and draws what has changed.

import { AnalyzeDocument, TrackDocument } from '../../schema/operations.ts';
import { SharedScale } from './chart-scale.ts';
import { setText, the } from './dom.ts';
import { createLoop, timeToMove } from './drawing-pace.ts';
import { createLiveRegion } from './live-region.ts';
import { Moment } from './moment.ts';
import { addressOf, graphiqlOf, isAmong, MAX_TOPICS, readTopics } from './page-address.ts';
import { pictureOf } from './picture.ts';
import { RANGES, readRange } from './range.ts';
import { balanceOf } from './rolling-window.ts';
import { type Connection, type ConnectionState, connect } from './server-connection.ts';
import { watchSource } from './source-watch.ts';
import { showSampleTopics, showSuggestions } from './suggestions.ts';
import { addSummary } from './summary.ts';
import { createTools } from './take-along.ts';
import { enterToken, readToken } from './token.ts';
import { recall, TopicPast } from './topic-past.ts';
import { Topic } from './topic-state.ts';
import { createTopicView, NUMBER_PACE } from './topic-view.ts';
import { describe, titleOf } from './wording.ts';

interface Followed {
  readonly topic: Topic;
  readonly view: ReturnType<typeof createTopicView>;
  readonly unfollow: () => void;
  /** Takes its row out of the summary. */
  leaveSummary: () => void;
}

const page = {
  status: the('#status', HTMLElement),
  statusText: the('#status-text', HTMLElement),
  question: the('#question', HTMLElement),
  form: the('#form', HTMLFormElement),
  input: the('#track', HTMLInputElement),
  tokenForm: the('#token-form', HTMLFormElement),
  token: the('#token', HTMLInputElement),
  hint: the('#hint', HTMLElement),
  suggestions: the('#suggestions', HTMLElement),
  tools: the('#tools', HTMLElement),
  aboutSample: the('#about-sample', HTMLElement),
  ranges: the('#ranges', HTMLFieldSetElement),
  summary: the('#summary tbody', HTMLTableSectionElement),
  topics: the('#topics', HTMLElement),
  graphiql: the('#graphiql', HTMLAnchorElement),
};
const liveRegion = createLiveRegion(the('#live-region', HTMLElement));
const stillness = matchMedia('(prefers-reduced-motion: reduce)');

const moment = new Moment();
let range = readRange(location.search);
let scale = new SharedScale();
let followed: readonly Followed[] = [];
let state: ConnectionState = { name: 'connecting' };
/** Since when the source may be out, in milliseconds since 1970. */
let outSince: number | undefined;

const connection: Connection = connect(readToken(), (changed) => {
  state = changed;
  for (const { topic } of followed) topic.listen(isListening(topic), Date.now());
  if (changed.name === 'open') {
    source.ask();
    for (const { topic } of followed) {
      void learn(topic);
      lookBack(topic);
    }
  }
  showTokenForm(changed.name === 'locked');
  showStatus();
});
const source = watchSource(connection, () => {
  watchOutage(source.outSince);
  showStatus();
});

/** While the source is out, nobody knows how many posts there are: charts have a gap, and not zero. */
function watchOutage(since: number | undefined): void {
  if (since === outSince) return;
  outSince = since;
  const now = Date.now();
  for (const { topic } of followed) {
    if (since !== undefined) topic.doubt(since, now);
    topic.listen(isListening(topic), now);
  }
}

/** Shows the form for a token in place of that for a topic. */
function showTokenForm(isLocked: boolean): void {
  page.form.hidden = isLocked;
  page.suggestions.hidden = isLocked;
  if (page.tokenForm.hidden !== isLocked) return;
  page.tokenForm.hidden = !isLocked;
  if (isLocked) page.token.focus();
}

function isListening(topic: Topic): boolean {
  return state.name === 'open' && topic.rejection === undefined && outSince === undefined;
}

function follow(track: string): Followed {
  const topic = new Topic(track);
  topic.listen(isListening(topic), Date.now());
  const unfollow = connection.follow(track, {
    event: (event, notice) => topic.hear(event, Date.now(), notice),
    dropped: (count) => topic.drop(count),
    rejected(reason) {
      topic.reject(reason, Date.now());
      liveRegion.say(`${track} is not tracked. ${reason}`);
      // The focus is still where the topic was typed, so typing goes on where it is corrected.
      if (document.activeElement === page.input && page.input.value === '') view.correct(reason);
    },
  });
  watchPast(topic);
  lookBack(topic);
  const view = createTopicView(topic, range, moment, {
    stop: () => stopTracking(track),
    add,
    replace: (other) => replace(track, other),
    explain: async (text) => (await connection.ask(AnalyzeDocument, { text }))?.analyze.words,
  });
  void learn(topic);
  return { topic, view, unfollow, leaveSummary: () => {} };
}

/** Asks how the server understands the topic. */
async function learn(topic: Topic): Promise<void> {
  if (topic.canonical !== undefined) return;
  const answer = await connection.ask(TrackDocument, { query: topic.track });
  topic.canonical = answer?.track.canonical;
}

function replace(track: string, other: string): void {
  const others = tracks().filter((each) => each !== track);
  if (other === '' || isAmong(others, other)) {
    say(other === '' ? 'Type a topic first.' : `You already track ${other}.`);
    return;
  }
  go(tracks().map((each) => (each === track ? other : each)));
  followed.find(({ topic }) => topic.track === other)?.view.focus();
}

/** Has the server's counts asked for, if the range goes back beyond what the page counts itself. */
function watchPast(topic: Topic): void {
  topic.past?.stop();
  topic.past = range.bucket && new TopicPast(topic.track, range, connection, drawSoon);
}

/** Asks for what the page has missed. */
function lookBack(topic: Topic): void {
  void recall(topic, connection);
  void topic.past?.ask();
}

/** The focus goes to what comes next, and not to the input: on a phone, that would raise the keyboard. */
function stopTracking(track: string): void {
  const place = tracks().indexOf(track);
  go(tracks().filter((other) => other !== track));
  const next = followed[Math.min(place, followed.length - 1)];
  if (next) next.view.focus();
  else page.question.focus();
}

function tracks(): string[] {
  return followed.map(({ topic }) => topic.track);
}

/** Shows what the address says. */
function showAddress(): void {
  showRange();
  show(readTopics(location.search));
}

/** Makes the rows anew, in the order of the topics. Equal windows cost the server nothing. */
function showSummary(): void {
  for (const each of followed) {
    each.leaveSummary();
    each.leaveSummary = addSummary(page.summary, each.topic.track, range, connection);
  }
}

function showRange(): void {
  const chosen = readRange(location.search);
  for (const input of page.ranges.querySelectorAll('input')) {
    input.checked = input.value === chosen.name;
  }
  if (chosen === range) return;
  range = chosen;
  scale = new SharedScale();
  moment.choose(undefined);
  for (const { topic, view } of followed) {
    watchPast(topic);
    view.setRange(range);
  }
  showSummary();
  drawSoon();
}

/** Follows these topics and no others. Topics that stay go on without a gap. */
function show(topics: readonly string[]): void {
  const before = followed;
  for (const { topic, view, unfollow, leaveSummary } of before) {
    if (topics.includes(topic.track)) continue;
    unfollow();
    leaveSummary();
    topic.past?.stop();
    view.destroy();
  }
  followed = topics.map(
    (track) => before.find(({ topic }) => topic.track === track) ?? follow(track),
  );
  // An element that is inserted again, even in its own place, loses the focus.
  followed.forEach(({ view }, i) => {
    if (page.topics.children[i] !== view.element) {
      page.topics.insertBefore(view.element, page.topics.children[i] ?? null);
    }
  });
  showSummary();
  const count = topics.length;
  document.body.dataset.topics = String(count);
  page.tools.hidden = count === 0;
  page.input.placeholder = count > 0 ? 'Another topic to compare' : 'A topic, such as coffee';
  say('');
  page.graphiql.href = graphiqlOf(topics);
  showSuggestions(page.suggestions, topics, go);
  source.ask();
  showStatus();
  drawSoon();
}

/** Shows these topics, as a step that the back button undoes. */
function go(topics: readonly string[]): void {
  history.pushState(null, '', addressOf(topics, range));
  const added = topics.filter((topic) => !tracks().includes(topic));
  show(topics);
  liveRegion.say(added.length > 0 ? `Tracking ${added.join(' and ')}.` : 'Stopped.');
}

function say(hint: string): void {
  setText(page.hint, hint);
  if (hint) liveRegion.say(hint);
}

function showStatus(): void {
  const isTracking = followed.some(({ topic }) => topic.rejection === undefined);
  const { tone, text } = describe(state, source.status, isTracking);
  if (page.statusText.textContent !== text) {
    setText(page.statusText, text);
    if (state.name !== 'connecting') liveRegion.say(text);
  }
  page.status.dataset.tone = tone;
  showTitle();
  page.aboutSample.classList.toggle('unshown', source.status?.name !== 'sample');
}

/** In milliseconds. A hidden page has no frames to draw in, but its title shows. */
const TITLE_PACE = 2000;
setInterval(showTitle, TITLE_PACE);

function showTitle(): void {
  const balances = followed.map(({ topic: { track, window } }) => {
    window.advance(Date.now());
    return { track, balance: balanceOf(window.totals) };
  });
  const isTracking = followed.some(({ topic }) => topic.rejection === undefined);
  const title = titleOf(balances, describe(state, source.status, isTracking).tone);
  if (document.title !== title) document.title = title;
}

let chartsAt = 0;
let chartsRest = 0;
const loop = createLoop(draw, () => Math.min(chartsRest, NUMBER_PACE));

/** Draws the charts with the next drawing, even if they seem to be able to wait. */
function drawSoon(): void {
  chartsRest = 0;
  if (followed.length > 0) loop.request();
}

function draw(now: number): void {
  if (followed.length === 0) return;
  for (const { topic } of followed) topic.window.advance(now);
  if (now < chartsAt || now - chartsAt >= chartsRest) drawCharts(now);
  for (const { view } of followed) view.render(now);
  liveRegion.review(
    followed.map(({ topic }) => topic),
    now,
  );
  loop.request();
}

function drawCharts(now: number): void {
  const pictures = followed.map(({ topic }) => pictureOf(topic, range, now));
  const fitting = scale.fit(pictures, range.seconds, now, stillness.matches);
  followed.forEach(({ view }, i) => {
    const own = pictures[i];
    if (own) view.draw(own, now, fitting);
  });
  const pixels = Math.max(...followed.map(({ view }) => view.pixels));
  const how = stillness.matches ? 'still' : scale.isGliding ? 'gliding' : 'calm';
  chartsRest = timeToMove(fitting.back, pixels, how);
  chartsAt = now;
}

/** Tracks one more topic, or says why that does not work. */
function add(track: string): void {
  const reason = whyNot(track);
  if (reason !== undefined) {
    say(reason);
    return;
  }
  page.input.value = '';
  go([...tracks(), track]);
}

function whyNot(track: string): string | undefined {
  if (track === '') return 'Type a topic first.';
  if (isAmong(tracks(), track)) return `You already track ${track}.`;
  if (followed.length < MAX_TOPICS) return undefined;
  return `Only ${MAX_TOPICS} topics fit side by side; close one first.`;
}

page.form.addEventListener('submit', (submit) => {
  submit.preventDefault();
  add(page.input.value.trim());
});
page.tokenForm.addEventListener('submit', (submit) => {
  submit.preventDefault();
  enterToken(page.token.value.trim());
});
page.ranges.addEventListener('change', ({ target }) => {
  if (!(target instanceof HTMLInputElement)) return;
  const chosen = RANGES.find(({ name }) => name === target.value);
  history.pushState(null, '', addressOf(tracks(), chosen));
  showRange();
});
addEventListener('popstate', showAddress);

createTools(() =>
  followed.map(({ topic, view: { element } }) => {
    const cells = range.bucket ? (topic.past?.cells ?? []) : topic.window.cells();
    return { track: topic.track, cells, element };
  }),
);
showSampleTopics(the('#sample-topics', HTMLElement), add);
showAddress();
history.replaceState(null, '', addressOf(tracks(), range));
