/** From a KEM's shared secret to the content key: RFC 5869 HKDF over HMAC with BLAKE3 (specification, key derivation from a KEM). */
import { blake3 } from "@noble/hashes/blake3.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { CONTENT_KEY_SIZE } from "../format/encryption-extension.js";

const INFO = new TextEncoder().encode("MSL-CEK-v1");

/** `dumpUuid`: the 16 bytes as stored. */
export function contentKeyOfSecret(sharedSecret: Uint8Array, dumpUuid: Uint8Array): Uint8Array {
  return hkdf(blake3, sharedSecret, dumpUuid, INFO, CONTENT_KEY_SIZE);
}
