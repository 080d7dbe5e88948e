/** Incremental hashes, and the interface of `#hash` on every platform: `createSha2(name: Sha2Name): Hasher` and `loadNativeBlake3`. */

/** Hashes one message, whose bytes are passed in pieces of any size. */
export interface Hasher {
  update(bytes: Uint8Array): unknown;
  /** The digest, 32 bytes, of the message so far. The message may be continued. */
  digest(): Uint8Array;
  /** Releases the memory; the hasher cannot be used afterwards. */
  release(): void;
}

export type Sha2Name = "sha256" | "sha512-256";

/** The incremental hash of @napi-rs/blake-hash, which is native code. It reads any bytes of Node in place, also shared bytes. */
export interface NativeBlake3 {
  update(bytes: Buffer): unknown;
  /** The digest of the message so far. The message may be continued. */
  digestBuffer(): Uint8Array;
  /** Begins a new message. */
  reset(): void;
}

export type NewNativeBlake3 = () => NativeBlake3;

/** Resolves with null if the package is not installed, cannot be loaded, or computes other digests than the WebAssembly core. */
export type LoadNativeBlake3 = () => Promise<NewNativeBlake3 | null>;
