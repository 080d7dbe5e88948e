/** What the envelope asks of a platform's ciphers. `#aead` chooses who provides it. */

/** AEADs with a key of 32 bytes, a nonce of 12 and a tag of 16. XChaCha20-Poly1305 is the second one under a derived key. */
export type AeadName = "aes-256-gcm" | "chacha20-poly1305";

export interface AeadKey {
  readonly name: AeadName;
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
}

/** Checks the tag of one message that passes by in pieces. What the platform decrypts on the way is thrown away here. */
export interface TagCheck {
  update(ciphertext: Uint8Array): void;
  /** Ends the message: whether `tag` is its tag. */
  holds(tag: Uint8Array): boolean;
}

/** The tag of a message, from its ciphertext as it passes by. */
export interface RunningTag {
  update(ciphertext: Uint8Array): void;
  finish(): Uint8Array;
}

/** Encrypts one message in pieces of any size. Calls must not overlap. */
export interface Encryptor {
  /** As many bytes of ciphertext as `plaintext` has. */
  update(plaintext: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** Ends the message: its tag. */
  finish(): Uint8Array;
}

/** Bytes at which every cipher's key stream can be entered: a multiple of the blocks of both. */
export const KEY_STREAM_UNIT = 64;

/** The cipher without its tag, at any place of the message: only for bytes that have been authenticated, or are about to be. */
export interface KeyStream {
  /** Bytes from `offset` of the message on, encrypted or decrypted, which is the same; `offset` is a multiple of `KEY_STREAM_UNIT`. */
  apply(offset: number, bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** Fingerprints under a key that nobody knows, made anew for each of these objects; they tell whether bytes are the same as before. */
export interface WindowMac {
  /** 16 bytes. Nobody but the owner may see them: they are safe only unseen where one index is asked for twice. */
  fingerprint(index: number, bytes: Uint8Array): Uint8Array;
}

export const FINGERPRINT_SIZE = 16;

/** What `#aead` exports. */
export interface AeadPlatform {
  createTagCheck(key: AeadKey, aad: Uint8Array): TagCheck;
  createEncryptor(key: AeadKey, aad: Uint8Array): Encryptor;
  createKeyStream(key: AeadKey): KeyStream;
  createWindowMac(): WindowMac;
}
