/** SHA-2 where the platform has no incremental one: browsers and workerd. */
import { sha256, sha512_256 } from "@noble/hashes/sha2.js";
import type { Hasher, Sha2Name } from "./hasher.js";

export function createSha2(name: Sha2Name): Hasher {
  const state = name === "sha256" ? sha256.create() : sha512_256.create();
  return {
    update: (bytes) => state.update(bytes),
    digest: () => state.clone().digest(),
    release: () => state.destroy(),
  };
}
