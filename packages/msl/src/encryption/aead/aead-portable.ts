/** Ciphers where there is no node:crypto: WebCrypto's AES-CTR, and noble's GHASH, ChaCha20 and Poly1305, put together as the AEADs say. */
import { blake3 } from "@memslice/core-wasm";
import {
  type AeadKey,
  type AeadPlatform,
  type Encryptor,
  FINGERPRINT_SIZE,
  KEY_STREAM_UNIT,
  type KeyStream,
  type RunningTag,
  type TagCheck,
  type WindowMac,
} from "./aead.js";
import { chachaKeyStream, chachaTag } from "./portable-chacha.js";
import { gcmKeyStream, gcmTag } from "./portable-gcm.js";

export const portableAead: AeadPlatform = {
  createTagCheck(key, aad): TagCheck {
    const running = runningTag(key, aad);
    return { update: (ciphertext) => running.update(ciphertext), holds: (tag) => equalInConstantTime(running.finish(), tag) };
  },
  createEncryptor: portableEncryptor,
  createKeyStream,
  createWindowMac: blake3WindowMac,
};

function runningTag(key: AeadKey, aad: Uint8Array): RunningTag {
  return key.name === "aes-256-gcm" ? gcmTag(key, aad) : chachaTag(key, aad);
}

function createKeyStream(key: AeadKey): KeyStream {
  return key.name === "aes-256-gcm" ? gcmKeyStream(key) : chachaKeyStream(key);
}

function portableEncryptor(key: AeadKey, aad: Uint8Array): Encryptor {
  const tag = runningTag(key, aad);
  const keyStream = createKeyStream(key);
  let position = 0;
  return {
    async update(plaintext) {
      // The key stream is entered at multiples of its unit: what the last piece used of it is passed over.
      const used = position % KEY_STREAM_UNIT;
      const aligned = new Uint8Array(used + plaintext.length);
      aligned.set(plaintext, used);
      const ciphertext = (await keyStream.apply(position - used, aligned)).subarray(used);
      position += plaintext.length;
      tag.update(ciphertext);
      return ciphertext;
    },
    finish: () => tag.finish(),
  };
}

/** BLAKE3 over a secret prefix and the bytes. Its tree leaves no way to extend a message, so the prefix keys it. */
function blake3WindowMac(): WindowMac {
  const key = crypto.getRandomValues(new Uint8Array(32));
  let message = new Uint8Array(0);
  return {
    fingerprint(index, bytes) {
      const size = key.length + 4 + bytes.length;
      if (message.length < size) message = new Uint8Array(size);
      message.set(key);
      new DataView(message.buffer).setUint32(key.length, index);
      message.set(bytes, key.length + 4);
      return blake3(message.subarray(0, size)).subarray(0, FINGERPRINT_SIZE);
    },
  };
}

function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}
