/** How the chain hangs on the file header: what block 0 names as the hash before it. */
import { equalBytes, isZero } from "../bytes.js";
import { PREV_HASH_OFFSET } from "../format/block-header.js";
import { type HashAlgoCode, hash } from "../hash/hash-algorithm.js";
import type { Anchor } from "./anchor.js";
import { type HeaderVariant, headerVariants } from "./header-variants.js";

export interface ChainStart {
  readonly anchor: NonNullable<Anchor>;
  /** Where the anchor is "other": the header variant that block 0 names, if it is a known one. */
  readonly variant: HeaderVariant | null;
}

/** `lead`: the header of block 0. `hashOf` hashes a few bytes. */
export function chainStart(
  header: Uint8Array,
  algorithm: HashAlgoCode,
  lead: Uint8Array,
  hashOf: typeof hash = hash,
): ChainStart {
  const prevHash = lead.subarray(PREV_HASH_OFFSET);
  if (equalBytes(prevHash, hashOf(algorithm, header))) return { anchor: "header-hash", variant: null };
  if (isZero(prevHash)) return { anchor: "zero", variant: null };
  const named = headerVariants(header, algorithm).find((variant) =>
    equalBytes(prevHash, hashOf(variant.algorithm, variant.header)),
  );
  return { anchor: "other", variant: named ?? null };
}
