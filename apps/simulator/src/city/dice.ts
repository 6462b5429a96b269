import { createHash } from 'node:crypto';

/** Reproducible choices: the same seed and the same purpose always give the same number, whatever was asked before. */
export class Dice {
  constructor(private readonly seed: string) {}

  /** Integer in `[0, sides)` for a purpose, such as `site-07 response`. */
  roll(purpose: string, sides: number): number {
    return createHash('sha256').update(`${this.seed}|${purpose}`).digest().readUInt32BE(0) % sides;
  }

  /** Bytes for a purpose. They are as secret as the seed is: for a played city only. */
  bytes(purpose: string, length: number): Uint8Array {
    return createHash('shake256', { outputLength: length }).update(`${this.seed}|${purpose}`).digest();
  }
}
