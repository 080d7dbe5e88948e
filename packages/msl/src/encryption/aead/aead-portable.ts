/**
 * Ciphers for browsers, workerd and unknown runtimes. AES-256-GCM (NIST SP 800-38D) is composed of AES-CTR of WebCrypto and noble's GHASH,
 * ChaCha20-Poly1305 (RFC 8439) of noble's ChaCha20 and Poly1305: messages are encrypted in pieces, and decrypted from any offset on.
 */
import { blake3 } from "@memslice/core-wasm";
import { Poly1305 } from "@noble/ciphers/_poly1305.js";
import { GHASH } from "@noble/ciphers/_polyval.js";
import { ecb } from "@noble/ciphers/aes.js";
import { chacha20 } from "@noble/ciphers/chacha.js";
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

export const platformAead: AeadPlatform = {
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
      // The key stream can be entered at multiples of its unit only: the part that the last piece used is skipped.
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

/** BLAKE3 over a secret prefix and the bytes. A secret prefix is enough of a key: BLAKE3 has no length extension. */
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

const BLOCK = 16;
/** Makes noble build its largest table, which pays off from a few kilobytes on. */
const LONG_MESSAGE = 1024 * 1024;

export function gcmTag({ key, nonce }: AeadKey, aad: Uint8Array): RunningTag {
  // The hash key is the zero block encrypted; the first counter block, encrypted, masks the tag.
  const blocks = new Uint8Array(2 * BLOCK);
  blocks.set(nonce, BLOCK);
  blocks[2 * BLOCK - 1] = 1;
  const encrypted = ecb(key, { disablePadding: true }).encrypt(blocks);
  const mask = encrypted.subarray(BLOCK);
  const ghash = new GHASH(encrypted.subarray(0, BLOCK), LONG_MESSAGE);
  ghash.update(aad);
  // noble pads every update to whole blocks: the last incomplete block is kept for the next update.
  const rest = new Uint8Array(BLOCK);
  let restLength = 0;
  let length = 0;
  return {
    update(ciphertext) {
      length += ciphertext.length;
      const filling = ciphertext.subarray(0, restLength === 0 ? 0 : BLOCK - restLength);
      rest.set(filling, restLength);
      restLength += filling.length;
      if (restLength === BLOCK) {
        ghash.update(rest);
        restLength = 0;
      }
      const behind = ciphertext.subarray(filling.length);
      const whole = behind.length - (behind.length % BLOCK);
      if (restLength > 0) return;
      ghash.update(behind.subarray(0, whole));
      rest.set(behind.subarray(whole));
      restLength = behind.length - whole;
    },
    finish() {
      ghash.update(rest.subarray(0, restLength));
      const lengths = new DataView(new ArrayBuffer(BLOCK));
      lengths.setBigUint64(0, BigInt(aad.length) * 8n);
      lengths.setBigUint64(8, BigInt(length) * 8n);
      ghash.update(new Uint8Array(lengths.buffer));
      return ghash.digest().map((byte, i) => byte ^ (mask[i] ?? 0));
    },
  };
}

/** AES-CTR by WebCrypto: the counter is the last four bytes of the block, and encryption starts with 2. */
export function gcmKeyStream({ key, nonce }: AeadKey): KeyStream {
  const imported = crypto.subtle.importKey("raw", key as Uint8Array<ArrayBuffer>, "AES-CTR", false, ["encrypt"]);
  // `apply` throws a failure. This handler prevents an unhandled rejection if the capture is closed without a call of `apply`.
  imported.catch(() => {});
  return {
    async apply(offset, bytes) {
      const copy = new Uint8Array(bytes);
      const counter = new Uint8Array(BLOCK);
      counter.set(nonce);
      new DataView(counter.buffer).setUint32(BLOCK - 4, offset / BLOCK + 2);
      return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CTR", counter, length: 32 }, await imported, copy));
    },
  };
}
