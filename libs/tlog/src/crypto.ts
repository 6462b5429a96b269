// The package's own import map picks OpenSSL in Node and noble in a browser; the boundary rule knows no import maps.
// eslint-disable-next-line @nx/enforce-module-boundaries
export { privateKeyFrom, publicKeyFrom, sha256 } from '#crypto';
