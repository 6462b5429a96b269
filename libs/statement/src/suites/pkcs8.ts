const PEM = /^-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----\s*$/;
const OBJECT_IDS = {
  /** id-Ed25519, 1.3.101.112 (RFC 8410). */
  Ed25519: [0x06, 0x03, 0x2b, 0x65, 0x70],
  /** prime256v1, 1.2.840.10045.3.1.7 (RFC 5480). */
  'P-256': [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
} as const;
const SEQUENCE = 0x30;
const OCTET_STRING = 0x04;
const KEY_BYTES = 32;

/**
 * The 32 private octets of a PKCS#8 PEM key (RFC 5958) of the given curve; throws on anything else. Read here by hand
 * because a browser offers no synchronous import, and the two shapes are fixed: RFC 8410 section 7, RFC 5915 section 3.
 */
export function privateOctets(pem: string, curve: keyof typeof OBJECT_IDS): Uint8Array {
  const base64 = PEM.exec(pem)?.[1];
  if (!base64) throw new RangeError('not a PKCS#8 PEM private key');
  const der = Uint8Array.from(atob(base64.replace(/\s/g, '')), (letter) => letter.charCodeAt(0));
  const [, algorithm, wrapped] = children(only(children(der), SEQUENCE));
  if (!contains(algorithm?.content, OBJECT_IDS[curve])) throw new RangeError(`not a ${curve} private key`);
  const inner = only(children(only(wrapped && [wrapped], OCTET_STRING)), curve === 'P-256' ? SEQUENCE : OCTET_STRING);
  const octets = curve === 'P-256' ? only(children(inner).slice(1, 2), OCTET_STRING) : inner;
  if (octets.length !== KEY_BYTES) throw new RangeError(`a ${curve} private key has ${KEY_BYTES} bytes`);
  return octets;
}

interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** The DER elements that fill `bytes`. */
function children(bytes: Uint8Array): Element[] {
  const elements: Element[] = [];
  for (let at = 0; at < bytes.length;) {
    const { length, start } = lengthAt(bytes, at + 1);
    if (start + length > bytes.length) throw new RangeError('private key is cut short');
    elements.push({ tag: bytes[at] ?? 0, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return elements;
}

/** DER length: one byte below 128, else a count of big-endian bytes. */
function lengthAt(bytes: Uint8Array, at: number): { length: number; start: number } {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return { length: first, start: at + 1 };
  const start = at + 1 + (first & 0x7f);
  return { length: bytes.subarray(at + 1, start).reduce((sum, byte) => sum * 256 + byte, 0), start };
}

function only(elements: readonly Element[] | undefined, tag: number): Uint8Array {
  const first = elements?.[0];
  if (first?.tag !== tag) throw new RangeError('private key has an unexpected shape');
  return first.content;
}

function contains(bytes: Uint8Array | undefined, part: readonly number[]): boolean {
  return bytes !== undefined && Array.from(bytes).join().includes(part.join());
}
