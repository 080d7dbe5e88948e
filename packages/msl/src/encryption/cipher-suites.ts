/** The two cipher suites (specification, cipher suites): from a content key and the Nonce field to an AEAD and its limit. */
import { hchacha } from "@noble/ciphers/chacha.js";
import { CONTENT_KEY_SIZE, EncAlgo, GCM_NONCE_SIZE } from "../format/encryption-extension.js";
import type { AeadKey } from "./aead/aead.js";

export type EncAlgoCode = (typeof EncAlgo)[keyof typeof EncAlgo];

/** The most bytes that one message may have: the ciphers count its blocks in 32 bits. */
export const PLAINTEXT_LIMIT: Readonly<Record<EncAlgoCode, number>> = {
  [EncAlgo.Aes256Gcm]: 2 ** 36 - 32,
  [EncAlgo.XChaCha20Poly1305]: 2 ** 38 - 64,
};

/** Bytes of the Nonce field that the suite uses, from its start. */
export const NONCE_SIZE: Readonly<Record<EncAlgoCode, number>> = {
  [EncAlgo.Aes256Gcm]: GCM_NONCE_SIZE,
  [EncAlgo.XChaCha20Poly1305]: 24,
};

export function isKnownEncAlgo(code: number): code is EncAlgoCode {
  return code === EncAlgo.Aes256Gcm || code === EncAlgo.XChaCha20Poly1305;
}

/** The key is a copy, which the caller zeroes when it is no longer needed. `nonce`: the field of 24 bytes. */
export function aeadKeyOf(encAlgo: EncAlgoCode, contentKey: Uint8Array, nonce: Uint8Array): AeadKey {
  if (encAlgo === EncAlgo.Aes256Gcm) {
    return { name: "aes-256-gcm", key: new Uint8Array(contentKey), nonce: new Uint8Array(nonce.subarray(0, GCM_NONCE_SIZE)) };
  }
  // draft-irtf-cfrg-xchacha: HChaCha20 over the first 16 bytes makes the key, the other 8 stand behind 4 zeros.
  const key = new Uint8Array(CONTENT_KEY_SIZE);
  const keyWords = wordsOf(contentKey);
  hchacha(SIGMA, keyWords, wordsOf(nonce.subarray(0, 16)), new Uint32Array(key.buffer));
  keyWords.fill(0);
  const innerNonce = new Uint8Array(12);
  innerNonce.set(nonce.subarray(16), 4);
  return { name: "chacha20-poly1305", key, nonce: innerNonce };
}

const SIGMA = wordsOf(new TextEncoder().encode("expand 32-byte k"));

function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(new Uint8Array(bytes).buffer);
}
