// What "but" does to a text's valences: the reference's _but_check, without its quadratic search.

/** "but" shifts the weight to what comes after it (paper, section 3.2, heuristic 4). */
const BEFORE_BUT = 0.5;
const AFTER_BUT = 1.5;

/**
 * Weighs the valences of a text, none of them 0, of which `before` stand before its first "but".
 *
 * For each valence in turn the reference weighs not that one but the first of the text equal to it
 * by then, weighed ones included. In "nice okay okay but" nice, halved, is worth as much as okay: it
 * is halved again, in the place of the first okay, as that is for the second, which stays whole. So
 * it must be here. To find that first one at once, each value has a heap of the places it stands at.
 */
export function contrast(valences: number[], before: number): void {
  const places = new Map<number, Heap>();
  for (const [at, valence] of valences.entries()) {
    const first = exchange(placesOf(places, valence), at);
    const weighed = valence * (first < before ? BEFORE_BUT : AFTER_BUT);
    valences[first] = weighed;
    push(placesOf(places, weighed), first);
  }
}

/** A binary heap, its lowest number first. */
type Heap = number[];

function placesOf(places: Map<number, Heap>, valence: number): Heap {
  let heap = places.get(valence);
  if (heap === undefined) {
    heap = [];
    places.set(valence, heap);
  }
  return heap;
}

function push(heap: Heap, place: number): void {
  let hole = heap.length;
  while (hole > 0) {
    const parent = (hole - 1) >> 1;
    const above = heap[parent] ?? 0;
    if (above <= place) break;
    heap[hole] = above;
    hole = parent;
  }
  heap[hole] = place;
}

/** Puts `place`, higher than all others, into the heap and takes the lowest out. */
function exchange(heap: Heap, place: number): number {
  const lowest = heap[0] ?? place;
  let hole = 0;
  for (;;) {
    const left = 2 * hole + 1;
    if (left >= heap.length) break;
    const right = left + 1;
    const lesser = (heap[right] ?? Infinity) < (heap[left] ?? Infinity) ? right : left;
    heap[hole] = heap[lesser] ?? Infinity;
    hole = lesser;
  }
  if (heap.length > 0) heap[hole] = place;
  return lowest;
}
