/** Running hashes, and what `#hash` provides on every platform: `createSha2(name: Sha2Name): Hasher` and `loadNativeBlake3`. */

/** Takes the bytes of one message in pieces of any size. */
export interface Hasher {
  update(bytes: Uint8Array): unknown;
  /** The digest, 32 bytes, of the message so far, which may be continued. */
  digest(): Uint8Array;
  /** Gives back the memory; the hasher cannot be used afterwards. */
  release(): void;
}

export type Sha2Name = "sha256" | "sha512-256";

/** The running hash of @napi-rs/blake-hash, which is written in machine code. It reads any bytes of Node, shared ones too, in place. */
export interface NativeBlake3 {
  update(bytes: Buffer): unknown;
  /** The digest of the message so far, which may be continued. */
  digestBuffer(): Uint8Array;
  /** Begins another message. */
  reset(): void;
}

export type NewNativeBlake3 = () => NativeBlake3;

/** Resolves with null where the package is not installed, cannot be loaded, or computes another hash than the WebAssembly core. */
export type LoadNativeBlake3 = () => Promise<NewNativeBlake3 | null>;
