// Arrays of numbers that grow. They suit large amounts: plain numbers lie side by side, and the garbage collector does
// not follow them.

/** `numbers`, or a copy with room for an element at `index`, where the new ones are 0. */
export function withRoomFor<T extends Int32Array | Uint16Array | Uint32Array | Float64Array>(
  numbers: T,
  index: number,
): T {
  if (index < numbers.length) return numbers;
  const length = 2 ** Math.ceil(Math.log2(index + 1));
  const longer = new (numbers.constructor as new (length: number) => T)(length);
  longer.set(numbers);
  return longer;
}
