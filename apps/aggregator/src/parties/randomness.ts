import { randomBytes } from 'node:crypto';
import { SALT_BYTES } from '@gridpact/statement';

/** Source of salts and ids; a port, so that tests can repeat themselves. */
export interface Randomness {
  /** A fresh salt for a committed body. */
  salt(): Uint8Array;
  /** A fresh id with a prefix that says what it names, such as `user-3f9c…`. */
  id(prefix: string): string;
}

export const RANDOMNESS = Symbol('RANDOMNESS');

/** 96 random bits: no two ids of a province ever meet. */
const ID_BYTES = 12;

export const systemRandomness: Randomness = {
  salt: () => randomBytes(SALT_BYTES),
  id: (prefix) => `${prefix}-${randomBytes(ID_BYTES).toString('hex')}`,
};
