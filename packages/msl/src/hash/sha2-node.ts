/** SHA-2 by the platform: Node, Bun and Deno. */
import { createHash } from "node:crypto";
import type { Hasher, Sha2Name } from "./hasher.js";

export function createSha2(name: Sha2Name): Hasher {
  const state = createHash(name);
  return {
    update: (bytes) => state.update(bytes),
    digest: () => new Uint8Array(state.copy().digest()),
    release: () => {},
  };
}
