/** `#hash` in browsers and workerd, which have no incremental SHA-2 of their own and load no machine code. */
import { sha256, sha512_256 } from "@noble/hashes/sha2.js";
import type { Hasher, IsZeroFilled, LoadNativeBlake3, NewWindowTags, Sha2Name } from "./hash-algorithm.js";

export function createSha2(name: Sha2Name): Hasher {
  const state = name === "sha256" ? sha256.create() : sha512_256.create();
  return {
    update: (bytes) => state.update(bytes),
    digest: () => state.clone().digest(),
    release: () => state.destroy(),
  };
}

export const loadNativeBlake3: LoadNativeBlake3 | undefined = undefined;

/** Web Crypto has no tags without waiting. */
export const newWindowTags: NewWindowTags | undefined = undefined;

/** Nothing here is faster than taking bytes as they are. */
export const isZeroFilled: IsZeroFilled | undefined = undefined;
