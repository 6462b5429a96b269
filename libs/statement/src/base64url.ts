import { fromBase64Url } from '@gridpact/tlog';

/** Bytes of canonical base64url without padding (RFC 7515 section 2); undefined for any other text. */
export function bytesOfBase64url(text: string): Uint8Array | undefined {
  try {
    return fromBase64Url(text);
  } catch {
    return undefined;
  }
}
