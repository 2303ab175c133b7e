// The page: takes topics and range from the address, changes them as a person wishes, and puts the parts together.

import { createComparison } from './comparison.ts';
import { setText, the } from './dom.ts';
import { createDrawing } from './drawing.ts';
import { createLiveRegion } from './live-region.ts';
import { Moment } from './moment.ts';
import { createNotifier } from './notify.ts';
import { addressOf, graphiqlOf, isAmong, MAX_TOPICS, readTopics } from './page-address.ts';
import { cellsIn } from './picture.ts';
import { createPriceQuestion } from './price.ts';
import { RANGES, readRange } from './range.ts';
import { type Connection, type ConnectionState, connect } from './server-connection.ts';
import { watchSource } from './source-watch.ts';
import { createStatusLine } from './status-line.ts';
import { showSampleTopics, showSuggestions } from './suggestions.ts';
import { createTools } from './take-along.ts';
import { enterToken, readToken } from './token.ts';
import { TopicSet } from './topic-set.ts';

const page = {
  question: the('#question', HTMLElement),
  form: the('#form', HTMLFormElement),
  input: the('#track', HTMLInputElement),
  tokenForm: the('#token-form', HTMLFormElement),
  token: the('#token', HTMLInputElement),
  hint: the('#hint', HTMLElement),
  suggestions: the('#suggestions', HTMLElement),
  tools: the('#tools', HTMLElement),
  ranges: the('#ranges', HTMLFieldSetElement),
  graphiql: the('#graphiql', HTMLAnchorElement),
};
const liveRegion = createLiveRegion(the('#live-region', HTMLElement));
const moment = new Moment();
let state: ConnectionState = { name: 'connecting' };
/** Since when the source may be out, in milliseconds since 1970. */
let outSince: number | undefined;

const connection: Connection = connect(readToken(), (changed) => {
  state = changed;
  set.listen(clock.now());
  // A connection may have been dead for a while before that is noticed.
  if (changed.name === 'lost') set.doubt(changed.heardAt);
  if (changed.name === 'open') {
    source.ask();
    set.catchUp();
  }
  showTokenForm(changed.name === 'locked');
  showStatus();
});
const { clock } = connection;
const source = watchSource(connection, () => {
  watchOutage(source.outSince);
  if ((source.sources?.length ?? 0) > 1) set.learn();
  showStatus();
});
const set = new TopicSet(readRange(location.search), {
  connection,
  moment,
  isListening: () => state.name === 'open' && outSince === undefined,
  rejected({ topic, view }, reason) {
    liveRegion.say(`${topic.track} is not tracked. ${reason}`);
    // The focus is still where the topic was typed, so typing goes on where it is corrected.
    if (document.activeElement === page.input && page.input.value === '') view.correct();
  },
  repeated({ topic: { track } }, { topic, view }) {
    const hadFocus = view.element.contains(document.activeElement);
    const tracks = set.tracks.filter((other) => other !== topic.track);
    history.replaceState(null, '', addressOf(tracks, set.range));
    show(tracks);
    say(`You already track “${track}”, which is the same as “${topic.track}”.`);
    if (hadFocus) focusOn(track);
  },
  accepted: ({ track }) => liveRegion.say(`${track} is tracked now.`),
  summed: (topic, { spike }) => heardSpike(topic, spike, clock.now()),
  changed: () => drawing.soon(),
  actions: (track) => ({
    stop: () => stopTracking(track),
    replace: (other) => replace(track, other),
    add,
  }),
});
const whenAgreed = createPriceQuestion(
  connection,
  () => source.isPaid(),
  () => page.input.focus(),
);
const heardSpike = createNotifier(liveRegion.say);
const drawing = createDrawing(set, createComparison(moment), liveRegion.review, clock);
const showStatus = createStatusLine(
  () => ({ connection: state, sources: source.sources, topics: set.topics, now: clock.now() }),
  liveRegion.say,
);

/** While the source is out, nobody knows how many posts there are: charts have a gap, and not zero. */
function watchOutage(since: number | undefined): void {
  if (since === outSince) return;
  outSince = since;
  if (since !== undefined) set.doubt(since);
  set.listen(clock.now());
}

/** Shows the form for a token in place of that for a topic. */
function showTokenForm(isLocked: boolean): void {
  page.form.hidden = isLocked;
  page.suggestions.hidden = isLocked;
  if (page.tokenForm.hidden !== isLocked) return;
  page.tokenForm.hidden = !isLocked;
  if (isLocked) page.token.focus();
}

/** Shows what the address says. A person who follows a link has agreed to its topics. */
function showAddress(): void {
  showRange();
  void whenAgreed([], () => show(readTopics(location.search)));
}

function showRange(): void {
  const range = readRange(location.search);
  for (const input of page.ranges.querySelectorAll('input')) {
    input.checked = input.value === range.name;
  }
  if (range === set.range) return;
  moment.choose(undefined);
  set.setRange(range);
  drawing.hurry();
}

function show(tracks: readonly string[], anew?: string): void {
  set.show(tracks, anew);
  const count = tracks.length;
  document.body.dataset.topics = String(count);
  page.tools.hidden = count === 0;
  page.input.placeholder = count > 0 ? 'Another topic to compare' : 'A topic, such as coffee';
  say('');
  page.graphiql.href = graphiqlOf(tracks);
  showSuggestions(page.suggestions, tracks, go);
  source.ask();
  showStatus();
  drawing.hurry();
}

/** Shows these topics, as a step that the back button undoes, and follows `anew` once more. */
function go(tracks: readonly string[], anew?: string): void {
  const added = tracks.filter((track) => track === anew || !set.tracks.includes(track));
  void whenAgreed(added, (isAgreed) => {
    if (added.includes(page.input.value.trim())) page.input.value = '';
    const address = addressOf(tracks, set.range);
    if (!location.href.endsWith(address)) history.pushState(null, '', address);
    show(tracks, anew);
    liveRegion.say(added.length > 0 ? `Tracking ${added.join(' and ')}.` : 'Stopped.');
    if (isAgreed) focusOn(added[0]);
  });
}

function focusOn(track: string | undefined): void {
  set.all.find(({ topic }) => topic.track === track)?.view.focus();
}

/** Tracks one more topic, or says why that does not work. */
function add(track: string): void {
  const reason = whyNot(track, set.tracks);
  if (reason !== undefined) {
    say(reason);
    return;
  }
  go([...set.tracks, track]);
}

/** Why the page cannot show a track beside these others. */
function whyNot(track: string, others: readonly string[]): string | undefined {
  if (track === '') return 'Type a topic first.';
  if (isAmong(others, track)) return `You already track ${track}.`;
  if (others.length < MAX_TOPICS) return undefined;
  return `Only ${MAX_TOPICS} topics fit side by side; close one first.`;
}

function replace(track: string, other: string): void {
  const others = set.tracks.filter((each) => each !== track);
  const reason = whyNot(other, others);
  if (reason !== undefined) {
    say(reason);
    return;
  }
  // The same topic again, because a limit may have been the reason.
  go(
    set.tracks.map((each) => (each === track ? other : each)),
    other,
  );
  focusOn(other);
}

/** The focus goes to what comes next, and not to the input: on a phone, that would raise the keyboard. */
function stopTracking(track: string): void {
  const place = set.tracks.indexOf(track);
  go(set.tracks.filter((other) => other !== track));
  const next = set.all[Math.min(place, set.all.length - 1)];
  if (next) next.view.focus();
  else page.question.focus();
}

function say(hint: string): void {
  setText(page.hint, hint);
  if (hint) liveRegion.say(hint);
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
  history.pushState(null, '', addressOf(set.tracks, chosen));
  showRange();
});
addEventListener('popstate', showAddress);
// A touch leaves its moment in the charts until another one elsewhere. It may scroll in between.
addEventListener('pointerup', ({ target }) => {
  if (!(target instanceof Element && target.closest('.chart'))) moment.choose(undefined);
});

createTools(
  () =>
    set.all.map(({ topic, view: { element } }) => {
      return { track: topic.track, cells: cellsIn(topic, set.range), element };
    }),
  clock,
);
showSampleTopics(the('#sample-topics', HTMLElement), add);
showAddress();
history.replaceState(null, '', addressOf(set.tracks, set.range));
