/** ChaCha20-Poly1305 (RFC 8439) put together from noble's ChaCha20 at a counter and its incremental Poly1305. */
import { Poly1305 } from "@noble/ciphers/_poly1305.js";
import { chacha20 } from "@noble/ciphers/chacha.js";
import type { AeadKey, KeyStream, RunningTag } from "./aead.js";

const MAC_BLOCK = 16;
const CIPHER_BLOCK = 64;

export function chachaTag({ key, nonce }: AeadKey, aad: Uint8Array): RunningTag {
  const oneTimeKey = chacha20(key, nonce, new Uint8Array(32), undefined, 0);
  const mac = new Poly1305(oneTimeKey);
  oneTimeKey.fill(0);
  let length = 0;
  const pad = (size: number) => mac.update(new Uint8Array((MAC_BLOCK - (size % MAC_BLOCK)) % MAC_BLOCK));
  mac.update(aad);
  pad(aad.length);
  return {
    update(ciphertext) {
      length += ciphertext.length;
      mac.update(ciphertext);
    },
    finish() {
      pad(length);
      const lengths = new DataView(new ArrayBuffer(MAC_BLOCK));
      lengths.setBigUint64(0, BigInt(aad.length), true);
      lengths.setBigUint64(8, BigInt(length), true);
      mac.update(new Uint8Array(lengths.buffer));
      return mac.digest();
    },
  };
}

/** Block 0 of the key stream keys Poly1305; encryption starts with block 1. */
export function chachaKeyStream({ key, nonce }: AeadKey): KeyStream {
  return { apply: (offset, bytes) => chacha20(key, nonce, bytes, undefined, offset / CIPHER_BLOCK + 1) };
}
