/** BLAKE3 in machine code, where the package for it is installed: `#native-hash` loads it. */
import { HashAlgo, type HashAlgoCode } from "./hash-algorithm.js";

/** A running hash of @napi-rs/blake-hash. Takes any bytes of Node, shared ones too, without copying them. */
export interface NativeBlake3 {
  update(bytes: Buffer): unknown;
  /** Of the message so far, which may go on. */
  digestBuffer(): Uint8Array;
  reset(): void;
}

export type NewNativeBlake3 = () => NativeBlake3;

/** Resolves with null where the package is not installed, cannot be loaded, or yields another hash than the WebAssembly core. */
export type LoadNativeBlake3 = () => Promise<NewNativeBlake3 | null>;

/** What computed the hashes of a report: the WebAssembly core, the optional package, or for SHA-2 the platform or a portable library. */
export type HasherName = "core-wasm" | "@napi-rs/blake-hash" | "sha-2";

export function hasherName(algorithm: HashAlgoCode, native: NewNativeBlake3 | null): HasherName {
  if (algorithm !== HashAlgo.Blake3) return "sha-2";
  return native ? "@napi-rs/blake-hash" : "core-wasm";
}
