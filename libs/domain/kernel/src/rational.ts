/** Exact fraction; the denominator is positive. Not necessarily in lowest terms until {@link reduce}. */
export interface Rational {
  readonly n: bigint;
  readonly d: bigint;
}

/** Fraction n/d; throws when d is zero. */
export function rational(n: bigint, d = 1n): Rational {
  if (d === 0n) throw new RangeError('denominator is zero');
  return d < 0n ? { n: -n, d: -d } : { n, d };
}

/** Reads a plain decimal such as `0.8`, `-1.25` or `3`; throws on anything else. */
export function rationalOf(decimal: string): Rational {
  const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal);
  if (!parts) throw new RangeError(`not a plain decimal: ${decimal}`);
  const fraction = parts[3] ?? '';
  const magnitude = BigInt((parts[2] ?? '') + fraction);
  return rational(parts[1] ? -magnitude : magnitude, 10n ** BigInt(fraction.length));
}

export const add = (a: Rational, b: Rational): Rational => rational(a.n * b.d + b.n * a.d, a.d * b.d);
export const subtract = (a: Rational, b: Rational): Rational => rational(a.n * b.d - b.n * a.d, a.d * b.d);
export const multiply = (a: Rational, b: Rational): Rational => rational(a.n * b.n, a.d * b.d);

/** a / b; throws when b is zero. */
export const divide = (a: Rational, b: Rational): Rational => rational(a.n * b.d, a.d * b.n);

/** Negative, zero or positive as a is below, equal to or above b; by cross-multiplication, never by floats. */
export function compare(a: Rational, b: Rational): number {
  const difference = a.n * b.d - b.n * a.d;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export const min = (a: Rational, b: Rational): Rational => (compare(a, b) <= 0 ? a : b);
export const max = (a: Rational, b: Rational): Rational => (compare(a, b) >= 0 ? a : b);

/** Lowest terms. */
export function reduce(a: Rational): Rational {
  const g = gcd(a.n < 0n ? -a.n : a.n, a.d);
  return g === 0n ? a : { n: a.n / g, d: a.d / g };
}

/** Nearest integer, ties to the even one (IEEE 754 roundTiesToEven): the default rounding of energy and money. */
export function roundHalfEven(a: Rational): bigint {
  const floor = floorOf(a);
  const twice = 2n * (a.n - floor * a.d);
  if (twice < a.d) return floor;
  if (twice > a.d) return floor + 1n;
  return floor % 2n === 0n ? floor : floor + 1n;
}

/** Greatest integer not above the fraction. */
export function floorOf(a: Rational): bigint {
  const quotient = a.n / a.d;
  return a.n < 0n && quotient * a.d !== a.n ? quotient - 1n : quotient;
}

function gcd(a: bigint, b: bigint): bigint {
  return b === 0n ? a : gcd(b, a % b);
}
