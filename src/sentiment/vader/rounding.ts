// Python's round(): to the nearest decimal of the number's exact value, a tie to the even digit.

/** Closer than this to the middle of two decimals, the scaled number is too inexact to decide by. */
const DOUBT = 1e-6;

export function round(value: number, decimals: 3 | 4): number {
  const scale = 10 ** decimals;
  const scaled = value * scale;
  const floor = Math.floor(scaled);
  const beyond = scaled - floor;
  if (Math.abs(beyond - 0.5) < DOUBT) return roundExactly(value, decimals);
  // A quotient of two exact numbers is the double nearest to the decimal.
  return signed(value, (beyond < 0.5 ? floor : floor + 1) / scale);
}

/** toFixed is exact too, but takes a tie away from zero. */
function roundExactly(value: number, decimals: 3 | 4): number {
  const away = Number(value.toFixed(decimals));
  // Only odd multiples of 2^-(decimals + 1) are ties: the others have no such finite decimals.
  const isTie = Math.abs(value * 2 ** (decimals + 1)) % 2 === 1;
  const isOdd = Math.abs(Math.round(away * 10 ** decimals)) % 2 === 1;
  if (!isTie || !isOdd) return signed(value, away);
  return signed(value, (Math.round(away * 10 ** decimals) - Math.sign(value)) / 10 ** decimals);
}

/** Python keeps the sign of what it rounds to zero. */
function signed(value: number, rounded: number): number {
  return rounded === 0 && value < 0 ? -0 : rounded;
}
