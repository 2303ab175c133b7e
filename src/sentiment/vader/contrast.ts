// What "but" does to a text's valences: the reference's _but_check, without its quadratic search.

/** "but" shifts the weight to what comes after it (paper, section 3.2, heuristic 4). */
const BEFORE_BUT = 0.5;
const AFTER_BUT = 1.5;

/**
 * Weighs the valences of a text, none of them 0. The first `before` of them stand before the first "but".
 *
 * The reference finds each valence by its value, so it weighs the first equal one, even one that it has weighed already.
 * In "nice okay okay but", halving "nice" makes it equal to "okay". It is then halved again in place of the first
 * "okay", which is halved in place of the second. The second stays whole. To find the first equal valence at once,
 * each value has a heap of its places.
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
