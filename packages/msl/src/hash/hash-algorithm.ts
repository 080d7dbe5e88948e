/** Hashing by the code that the header's HashAlgo byte holds. */
import { Blake3 } from "@memslice/core-wasm";
import { createSha2 } from "#sha2";
import { MslError } from "../errors.js";
import { headerOffset } from "../format/file-header.js";
import type { Hasher } from "./hasher.js";

export const HashAlgo = { Blake3: 0, Sha256: 1, Sha512_256: 2 } as const;
export type HashAlgoCode = (typeof HashAlgo)[keyof typeof HashAlgo];

export function isImplementedHash(code: number): code is HashAlgoCode {
  return code === HashAlgo.Blake3 || code === HashAlgo.Sha256 || code === HashAlgo.Sha512_256;
}

/** Throws `unsupported-hash` for codes that the specification reserves. */
export function requireHashAlgo(code: number): HashAlgoCode {
  if (isImplementedHash(code)) return code;
  throw new MslError(
    "unsupported-hash",
    `HashAlgo at offset 0x3D is 0x${code.toString(16).padStart(2, "0")}, which is not implemented (0 BLAKE3, 1 SHA-256, 2 SHA-512/256)`,
    {
      offset: headerOffset("hashAlgo"),
    },
  );
}

export function createHasher(algorithm: HashAlgoCode): Hasher {
  return algorithm === HashAlgo.Blake3 ? new Blake3() : createSha2(algorithm === HashAlgo.Sha256 ? "sha256" : "sha512-256");
}

/** The digest of one message. */
export function hash(algorithm: HashAlgoCode, bytes: Uint8Array): Uint8Array {
  const hasher = createHasher(algorithm);
  try {
    hasher.update(bytes);
    return hasher.digest();
  } finally {
    hasher.release();
  }
}
