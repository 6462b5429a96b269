import { checkedIndex, checkedSize } from './hash.js';
import { TlogError } from './errors.js';

/** Entries `[start, end)` that one subtree of RFC 6962 section 2.1 covers. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A perfect subtree: 2^level leaves, the index-th of that level. */
export interface PerfectSubtree {
  readonly level: number;
  readonly index: number;
}

/** The subtrees whose roots are the inclusion proof of an entry (RFC 6962 section 2.1.1), from leaf to root. */
export function inclusionSpans(index: number, size: number): Span[] {
  checkedIndex(index, size);
  const spans: Span[] = [];
  let node: Span = { start: 0, end: size };
  while (node.end - node.start > 1) {
    const { left, right } = halves(node);
    const goesLeft = index < right.start;
    spans.push(goesLeft ? right : left);
    node = goesLeft ? left : right;
  }
  return spans.reverse();
}

/**
 * The subtrees whose roots are the consistency proof from one size to a later one (RFC 6962 section 2.1.2), in its order.
 * Empty from 0 and between equal sizes; refuses `out_of_range` when the older size is above the newer.
 */
export function consistencySpans(older: number, newer: number): Span[] {
  if (checkedSize(older) > checkedSize(newer)) {
    throw new TlogError('out_of_range', `no proof leads from size ${older} back to size ${newer}`);
  }
  if (older === 0 || older === newer) return [];
  const spans: Span[] = [];
  let node: Span = { start: 0, end: newer };
  while (node.end !== older) {
    const { left, right } = halves(node);
    const goesLeft = older <= right.start;
    spans.push(goesLeft ? right : left);
    node = goesLeft ? left : right;
  }
  // A subtree that begins at 0 is the whole older tree, whose root the verifier already knows.
  if (node.start !== 0) spans.push(node);
  return spans.reverse();
}

/** The perfect subtrees that make up a span, left to right: one per set bit of its length. */
export function perfectSubtrees(span: Span): PerfectSubtree[] {
  const parts: PerfectSubtree[] = [];
  let start = span.start;
  while (start < span.end) {
    const level = floorLog2(span.end - start);
    parts.push({ level, index: start / 2 ** level });
    start += 2 ** level;
  }
  return parts;
}

/** Exponent of the largest power of two not above n, for n of at least 1. Exact for every safe integer. */
export function floorLog2(n: number): number {
  let level = 0;
  for (let rest = n; rest >= 2; rest = Math.floor(rest / 2)) level += 1;
  return level;
}

/** Splits a subtree at the largest power of two below its length (the k of RFC 6962 section 2.1). */
function halves(node: Span): { left: Span; right: Span } {
  const middle = node.start + 2 ** floorLog2(node.end - node.start - 1);
  return { left: { start: node.start, end: middle }, right: { start: middle, end: node.end } };
}
