/** One pass of verification over a capture that arrives in pieces. */

import type { ChainResult, HashChain } from "@memslice/core-wasm";
import { MslError } from "../errors.js";
import { BLOCK_HEADER_SIZE, PREV_HASH_OFFSET } from "../format/block-header.js";
import { type FileHeader, headerOffset } from "../format/file-header.js";
import type { ByteOrder } from "../format/layout/decode.js";
import { type HashAlgoCode, hash, isImplementedHash } from "../hash/hash-algorithm.js";
import { createHashChain } from "./create-hash-chain.js";
import { type HeaderVariant, headerVariants } from "./header-variants.js";
import { type Anchor, chainHolds, concludeReport, type Explanation, type VerifyReport } from "./report.js";

export class Verification {
  readonly #header: Uint8Array;
  readonly #algorithm: HashAlgoCode;
  readonly #declaredBlocks: number;
  readonly #byteOrder: ByteOrder;
  readonly #strict: boolean;
  readonly #started = performance.now();
  readonly #chain: HashChain;
  /** The first block's header, which decides the anchor before anything is hashed. */
  readonly #lead = new Uint8Array(BLOCK_HEADER_SIZE);
  #leadLength = 0;
  #variant: HeaderVariant | null = null;
  #variantChain: HashChain | null = null;
  #bytes: number;

  /** `header`: all HeaderSize bytes of a plain capture. Throws `unsupported-hash`. */
  constructor(header: Uint8Array, { hashAlgo, blockCount, byteOrder }: FileHeader, strict: boolean) {
    const algorithm = requireHashAlgo(hashAlgo);
    this.#header = header;
    this.#algorithm = algorithm;
    this.#declaredBlocks = blockCount;
    this.#byteOrder = byteOrder;
    this.#strict = strict;
    this.#chain = createHashChain(algorithm, header, byteOrder);
    this.#bytes = header.length;
  }

  /** Takes the bytes after the header, in order. */
  update(bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    const rest = this.#leadLength < BLOCK_HEADER_SIZE ? this.#gatherLead(bytes) : bytes;
    if (rest.length > 0) this.#feed(rest);
  }

  /** Ends the pass; everything it holds is given back. */
  finish(): VerifyReport {
    try {
      const result = this.#chain.finish();
      const anchor = result.blocks === 0 ? null : this.#anchor();
      return concludeReport({
        encrypted: null,
        hashAlgo: this.#algorithm,
        strict: this.#strict,
        anchor,
        breaks: result.breaks,
        fileHash: fileHashOf(result),
        blockCount: { declared: this.#declaredBlocks, counted: (result.eoc?.index ?? result.blocks - 1) + 1 },
        blocks: result.blocks,
        eocIndex: result.eoc?.index ?? null,
        truncatedBlock: result.truncatedBlock,
        trailingBytes: this.#bytes - result.end,
        explanation: this.#explain(),
        bytes: this.#bytes,
        elapsedMs: performance.now() - this.#started,
      });
    } finally {
      this.release();
    }
  }

  /** Gives up what the pass holds; for passes that are not finished. */
  release(): void {
    this.#chain.release();
    this.#variantChain?.release();
  }

  /** Holds the first 80 bytes back until they are complete; returns what follows them. */
  #gatherLead(bytes: Uint8Array): Uint8Array {
    const part = bytes.subarray(0, BLOCK_HEADER_SIZE - this.#leadLength);
    this.#lead.set(part, this.#leadLength);
    this.#leadLength += part.length;
    if (this.#leadLength === BLOCK_HEADER_SIZE) {
      this.#chooseVariant();
      this.#feed(this.#lead);
    }
    return bytes.subarray(part.length);
  }

  #feed(bytes: Uint8Array): void {
    this.#chain.update(bytes);
    this.#variantChain?.update(bytes);
  }

  #anchor(): Anchor {
    const prevHash = this.#lead.subarray(PREV_HASH_OFFSET);
    if (equal(prevHash, hash(this.#algorithm, this.#header))) return "header-hash";
    return prevHash.every((byte) => byte === 0) ? "zero" : "other";
  }

  #chooseVariant(): void {
    if (this.#anchor() !== "other") return;
    const prevHash = this.#lead.subarray(PREV_HASH_OFFSET);
    const variant = headerVariants(this.#header, this.#algorithm).find(({ header, algorithm }) =>
      equal(prevHash, hash(algorithm, header)),
    );
    if (!variant) return;
    this.#variant = variant;
    this.#variantChain = createHashChain(variant.algorithm, variant.header, this.#byteOrder);
  }

  #explain(): Explanation | null {
    if (!this.#variant || !this.#variantChain) return null;
    const result = this.#variantChain.finish();
    const { header: _, ...variant } = this.#variant;
    const holds = chainHolds({
      strict: this.#strict,
      anchor: "header-hash",
      breaks: result.breaks,
      eocIndex: result.eoc?.index ?? null,
    });
    const { status } = fileHashOf(result);
    return { variant, chainHolds: holds, fileHashHolds: status === "absent" ? null : status === "ok" };
  }
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

export function fileHashOf({ eoc }: ChainResult): VerifyReport["fileHash"] {
  if (!eoc) return { status: "absent", stored: null, computed: null, end: null };
  return {
    status: equal(eoc.stored, eoc.computed) ? "ok" : "mismatch",
    stored: eoc.stored,
    computed: eoc.computed,
    end: eoc.offset,
  };
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
