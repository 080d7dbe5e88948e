import { describe, expect, it } from "vitest";
import type { Hasher } from "../src/hash/hash-algorithm.js";
import { createSha2 as byPlatform } from "../src/hash/platform-node.js";
import { createSha2 as portable } from "../src/hash/platform-portable.js";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const ABC = new TextEncoder().encode("abc");

/** FIPS 180-4 example digests of "abc". */
const PUBLISHED = {
  sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  "sha512-256": "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
} as const;

describe.each([
  ["of node:crypto", byPlatform],
  ["of @noble/hashes", portable],
] as const)("the SHA-2 hasher %s", (_, create) => {
  it.each(["sha256", "sha512-256"] as const)(
    "the hasher computes the published %s digest of a message passed in two pieces, with a call of digest() between them",
    (name) => {
      const hasher: Hasher = create(name);
      hasher.update(ABC.subarray(0, 1));
      hasher.digest();
      hasher.update(ABC.subarray(1));
      expect(hex(hasher.digest())).toBe(PUBLISHED[name]);
      hasher.release();
    },
  );
});
