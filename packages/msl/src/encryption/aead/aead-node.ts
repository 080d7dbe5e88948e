/** Ciphers of node:crypto, for Node, Bun and Deno. For a cipher that its library lacks (ChaCha20-Poly1305 in Bun) the portable one is used. */
import { createCipheriv, createDecipheriv, getCiphers, randomBytes } from "node:crypto";
import type { AeadKey, AeadPlatform, Encryptor, KeyStream, TagCheck, WindowMac } from "./aead.js";
import { platformAead as portableAead } from "./aead-portable.js";

const TAG_OPTIONS = { authTagLength: 16 } as const;
/** The most bytes of one output of the cipher: longer outputs take new pages of the operating system each time, which costs more than the cipher. */
const PIECE_BYTES = 64 * 1024;

export const platformAead: AeadPlatform = {
  createTagCheck: (key, aad) => (isNative(key) ? nativeTagCheck(key, aad) : portableAead.createTagCheck(key, aad)),
  createEncryptor: (key, aad) => (isNative(key) ? nativeEncryptor(key, aad) : portableAead.createEncryptor(key, aad)),
  createKeyStream: (key) => (isNative(key) ? nativeKeyStream(key) : portableAead.createKeyStream(key)),
  createWindowMac: nativeWindowMac,
};

let ciphers: ReadonlySet<string> | undefined;

function isNative({ name }: AeadKey): boolean {
  ciphers ??= new Set(getCiphers());
  return ciphers.has(name) && (name === "aes-256-gcm" ? ciphers.has("aes-256-ctr") : ciphers.has("chacha20"));
}

function nativeTagCheck({ name, key, nonce }: AeadKey, aad: Uint8Array): TagCheck {
  // The declared types have one overload for each cipher name, and none for a union of the names.
  const decipher =
    name === "aes-256-gcm" ? createDecipheriv(name, key, nonce, TAG_OPTIONS) : createDecipheriv(name, key, nonce, TAG_OPTIONS);
  decipher.setAAD(aad, { plaintextLength: 0 });
  return {
    update(ciphertext) {
      for (let at = 0; at < ciphertext.length; at += PIECE_BYTES) decipher.update(ciphertext.subarray(at, at + PIECE_BYTES));
    },
    holds(tag) {
      decipher.setAuthTag(tag);
      try {
        decipher.final();
        return true;
      } catch {
        return false;
      }
    },
  };
}

function nativeEncryptor({ name, key, nonce }: AeadKey, aad: Uint8Array): Encryptor {
  const cipher =
    name === "aes-256-gcm" ? createCipheriv(name, key, nonce, TAG_OPTIONS) : createCipheriv(name, key, nonce, TAG_OPTIONS);
  cipher.setAAD(aad, { plaintextLength: 0 });
  return {
    update: (plaintext) => plainArray(cipher.update(plaintext)),
    finish() {
      cipher.final();
      return plainArray(cipher.getAuthTag());
    },
  };
}

function nativeKeyStream({ name, key, nonce }: AeadKey): KeyStream {
  const counterBlock = new Uint8Array(16);
  const view = new DataView(counterBlock.buffer);
  counterBlock.set(nonce, name === "aes-256-gcm" ? 0 : 4);
  return {
    apply(offset, bytes) {
      // GCM encrypts from counter 2 on, ChaCha20-Poly1305 from counter 1 on: the earlier blocks of the key stream are for the tag.
      if (name === "aes-256-gcm") view.setUint32(12, offset / 16 + 2);
      else view.setUint32(0, offset / 64 + 1, true);
      return createDecipheriv(name === "aes-256-gcm" ? "aes-256-ctr" : "chacha20", key, counterBlock).update(bytes);
    },
  };
}

/** A view as a plain Uint8Array: `slice` of a Buffer does not copy. */
function plainArray({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

/** GMAC with the index as nonce: several times as fast as a hash of node:crypto. */
function nativeWindowMac(): WindowMac {
  const key = randomBytes(32);
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  return {
    fingerprint(index, bytes) {
      view.setUint32(8, index);
      const mac = createCipheriv("aes-256-gcm", key, nonce, TAG_OPTIONS);
      mac.setAAD(bytes, { plaintextLength: 0 });
      mac.final();
      return mac.getAuthTag();
    },
  };
}
