// How the first server removed mentions: all are found, then each in turn is removed wherever it
// stands, also at the start of a longer one. "@jo @john" becomes " hn". To do just that takes time
// by the square of the number of mentions; here those that start with one are looked up.

/** Python's \w: letters, all sorts of numbers and the underscore, but no marks. */
const NAME = /^[\p{L}\p{N}_]*/u;

/** Text in pieces, because to join strings and cut them over and over would copy them each time. */
interface Piece {
  text: string;
  next: Piece | undefined;
}

/** The text after one @ up to the next. It grows when what follows it loses its @. */
interface Stretch {
  readonly place: number;
  first: Piece;
  last: Piece;
  length: number;
  nameLength: number;
  isGone: boolean;
  /** The neighbours that are not gone. */
  before: Stretch | undefined;
  after: Stretch | undefined;
}

/** The stretches that start with a name: by the name's length, then by the name. */
type Starts = Map<number, Map<string, Stretch[]>>;

export function withoutMentions(text: string): string {
  if (!text.includes('@')) return text;
  const [lead, ...mentions] = stretches(text);
  const names = mentions.map((mention) => start(mention, mention.nameLength));
  const starts: Starts = new Map();
  for (const name of names) {
    const sameLength = starts.get(name.length) ?? index(starts, mentions, name.length);
    const found = sameLength.get(name) ?? [];
    sameLength.delete(name);
    // From the end on, so that what one leaves may join one that goes as well.
    found.sort((one, other) => other.place - one.place);
    for (const mention of found) if (!mention.isGone) remove(mention, name.length, starts);
  }
  const left = mentions.filter((mention) => !mention.isGone);
  return [lead, ...left]
    .map((stretch) => (stretch ? start(stretch, stretch.length) : ''))
    .join('@');
}

function stretches(text: string): Stretch[] {
  const all = text.split('@').map((part, place): Stretch => {
    const piece = { text: part, next: undefined };
    const nameLength = NAME.exec(part)?.[0].length ?? 0;
    const alone = { isGone: false, before: undefined, after: undefined };
    return { place, first: piece, last: piece, length: part.length, nameLength, ...alone };
  });
  for (const stretch of all) {
    stretch.before = all[stretch.place - 1];
    stretch.after = all[stretch.place + 1];
  }
  return all;
}

function index(starts: Starts, mentions: Stretch[], length: number): Map<string, Stretch[]> {
  const sameLength = new Map<string, Stretch[]>();
  starts.set(length, sameLength);
  for (const mention of mentions) {
    if (!mention.isGone && mention.nameLength >= length) add(sameLength, mention, length);
  }
  return sameLength;
}

function add(sameLength: Map<string, Stretch[]>, mention: Stretch, length: number): void {
  const name = start(mention, length);
  const others = sameLength.get(name);
  if (others === undefined) sameLength.set(name, [mention]);
  else others.push(mention);
}

/** Takes the @ and `length` letters of the name away; what is left joins the stretch before. */
function remove(mention: Stretch, length: number, starts: Starts): void {
  const { before, after } = mention;
  mention.isGone = true;
  if (after !== undefined) after.before = before;
  if (before === undefined) return;
  before.after = after;
  const shorter = before.nameLength;
  if (shorter === before.length) before.nameLength += mention.nameLength - length;
  cut(mention, length);
  before.last.next = mention.first;
  before.last = mention.last;
  before.length += mention.length;
  if (before.before === undefined) return;
  for (const [nameLength, sameLength] of starts) {
    if (nameLength > shorter && nameLength <= before.nameLength)
      add(sameLength, before, nameLength);
  }
}

function cut(stretch: Stretch, length: number): void {
  let left = length;
  while (left > stretch.first.text.length && stretch.first.next !== undefined) {
    left -= stretch.first.text.length;
    stretch.first = stretch.first.next;
  }
  stretch.first.text = stretch.first.text.slice(left);
  stretch.length -= length;
}

function start(stretch: Stretch, length: number): string {
  let text = '';
  for (let piece: Piece | undefined = stretch.first; piece; piece = piece.next) {
    if (text.length >= length) break;
    text += piece.text.slice(0, length - text.length);
  }
  return text;
}
