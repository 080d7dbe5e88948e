/**
 * The two cipher suites (specification, cipher suites), and the operations that encryption needs of the ciphers of a platform, which `#aead`
 * provides.
 */
import { hchacha } from "@noble/ciphers/chacha.js";
import { CONTENT_KEY_SIZE, EncAlgo, GCM_NONCE_SIZE } from "../../format/encryption-extension.js";

/** AEADs with a key of 32 bytes, a nonce of 12 and a tag of 16. XChaCha20-Poly1305 is `chacha20-poly1305` with a derived key. */
export type AeadName = "aes-256-gcm" | "chacha20-poly1305";

export interface AeadKey {
  readonly name: AeadName;
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
}

/** Verifies the tag of one message, given in pieces. Plaintext that the platform makes for it is dropped. */
export interface TagCheck {
  update(ciphertext: Uint8Array): void;
  /** Ends the message: whether `tag` is its tag. */
  holds(tag: Uint8Array): boolean;
}

/** Computes the tag of a message from its ciphertext, given in pieces. */
export interface RunningTag {
  update(ciphertext: Uint8Array): void;
  finish(): Uint8Array;
}

/** Encrypts one message in pieces of any size. Calls must not overlap. */
export interface Encryptor {
  /** The ciphertext, which is as long as `plaintext`. */
  update(plaintext: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** Ends the message: its tag. */
  finish(): Uint8Array;
}

/** Decryption can start at offsets that are multiples of this number of bytes, in both ciphers. */
export const KEY_STREAM_UNIT = 64;

/** The cipher without its tag, from any offset of the message on: only for bytes that have been or will be authenticated. */
export interface KeyStream {
  /** Encrypts or decrypts, which is the same operation, the bytes at `offset` of the message, a multiple of `KEY_STREAM_UNIT`. */
  apply(offset: number, bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** Fingerprints under a random key, by which the same process detects changed bytes. */
export interface WindowMac {
  /** 16 bytes. Fingerprints must not leave the process: an attacker who sees two fingerprints of one index could compute the key of the MAC. */
  fingerprint(index: number, bytes: Uint8Array): Uint8Array;
}

export const FINGERPRINT_SIZE = 16;

/** The exports of `#aead`. */
export interface AeadPlatform {
  createTagCheck(key: AeadKey, aad: Uint8Array): TagCheck;
  createEncryptor(key: AeadKey, aad: Uint8Array): Encryptor;
  createKeyStream(key: AeadKey): KeyStream;
  createWindowMac(): WindowMac;
}

export type EncAlgoCode = (typeof EncAlgo)[keyof typeof EncAlgo];

/** Most bytes of one message: the ciphers count its blocks with 32 bits. */
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

/** Derives the key of the AEAD from a content key and the Nonce field of 24 bytes. Returns a copy, which the caller zeroes after use. */
export function aeadKeyOf(encAlgo: EncAlgoCode, contentKey: Uint8Array, nonce: Uint8Array): AeadKey {
  if (encAlgo === EncAlgo.Aes256Gcm) {
    return { name: "aes-256-gcm", key: new Uint8Array(contentKey), nonce: new Uint8Array(nonce.subarray(0, GCM_NONCE_SIZE)) };
  }
  // draft-irtf-cfrg-xchacha: HChaCha20 over the first 16 bytes of the nonce makes the key; the inner nonce is 4 zeros and the other 8 bytes.
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
