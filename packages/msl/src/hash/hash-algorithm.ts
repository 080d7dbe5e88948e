/** Hashing by the code that the header's HashAlgo byte holds. */
import { Blake3, blake3 } from "@memslice/core-wasm";
import { createSha2 } from "#hash";
import type { Hasher, NewNativeBlake3 } from "./hasher.js";

export const HashAlgo = { Blake3: 0, Sha256: 1, Sha512_256: 2 } as const;
/** The code of a hash algorithm in the file header: 0 BLAKE3, 1 SHA-256, 2 SHA-512/256. */
export type HashAlgoCode = (typeof HashAlgo)[keyof typeof HashAlgo];

export function isImplementedHash(code: number): code is HashAlgoCode {
  return code === HashAlgo.Blake3 || code === HashAlgo.Sha256 || code === HashAlgo.Sha512_256;
}

export function createHasher(algorithm: HashAlgoCode): Hasher {
  return algorithm === HashAlgo.Blake3 ? new Blake3() : createSha2(algorithm === HashAlgo.Sha256 ? "sha256" : "sha512-256");
}

/** The digest of one message. */
export function hash(algorithm: HashAlgoCode, bytes: Uint8Array): Uint8Array {
  if (algorithm === HashAlgo.Blake3) return blake3(bytes);
  const hasher = createHasher(algorithm);
  try {
    hasher.update(bytes);
    return hasher.digest();
  } finally {
    hasher.release();
  }
}

/** The implementation that computed the hashes of a report: the WebAssembly core, the optional native package, or for SHA-2 the platform or a portable library. */
export type HasherName = "core-wasm" | "@napi-rs/blake-hash" | "sha-2";

/** `native`: the optional package, if it computes BLAKE3. */
export function hasherName(algorithm: HashAlgoCode, native: NewNativeBlake3 | null): HasherName {
  if (algorithm !== HashAlgo.Blake3) return "sha-2";
  return native ? "@napi-rs/blake-hash" : "core-wasm";
}
