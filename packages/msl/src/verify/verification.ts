/** One pass of verification over a capture that arrives in pieces. */

import type { HashChain } from "@memslice/core-wasm";
import { MslError } from "../errors.js";
import { BLOCK_HEADER_SIZE } from "../format/block-header.js";
import { type FileHeader, headerOffset } from "../format/file-header.js";
import { type HashAlgoCode, hasherName, isImplementedHash } from "../hash/hash-algorithm.js";
import type { NewNativeBlake3 } from "../hash/hasher.js";
import { BlockCensus } from "./block-census.js";
import { type ChainStart, chainStart } from "./chain-start.js";
import { createHashChain } from "./create-hash-chain.js";
import type { VerifyReport } from "./report.js";
import { reportOfPass } from "./report-of-pass.js";

export class Verification {
  readonly #headerBytes: Uint8Array;
  readonly #header: FileHeader;
  readonly #algorithm: HashAlgoCode;
  readonly #strict: boolean;
  readonly #native: NewNativeBlake3 | null;
  readonly #startedAt = performance.now();
  readonly #chain: HashChain;
  /** The first block's header, which decides the anchor before anything is hashed. */
  readonly #lead = new Uint8Array(BLOCK_HEADER_SIZE);
  #leadLength = 0;
  #start: ChainStart | null = null;
  #variantChain: HashChain | null = null;
  readonly #census: BlockCensus;
  #bytes: number;

  /** `headerBytes`: all HeaderSize bytes of a plain capture. `native`: what computes BLAKE3, if not the core. Throws `unsupported-hash`. */
  constructor(headerBytes: Uint8Array, header: FileHeader, strict: boolean, native: NewNativeBlake3 | null) {
    this.#headerBytes = headerBytes;
    this.#header = header;
    this.#algorithm = requireHashAlgo(header.hashAlgo);
    this.#strict = strict;
    this.#native = native;
    this.#chain = createHashChain(this.#algorithm, headerBytes, header.byteOrder, native);
    this.#census = new BlockCensus(headerBytes.length, header.byteOrder);
    this.#bytes = headerBytes.length;
  }

  /** Block headers met so far. */
  get blocks(): number {
    return this.#census.blocks;
  }

  /** Takes the bytes after the header, in order. */
  update(bytes: Uint8Array): void {
    this.#census.take(bytes, this.#bytes);
    this.#bytes += bytes.length;
    const rest = this.#leadLength < BLOCK_HEADER_SIZE ? this.#gatherLead(bytes) : bytes;
    if (rest.length > 0) this.#feed(rest);
  }

  /** Ends the pass; everything it holds is given back. */
  finish(): VerifyReport {
    try {
      return reportOfPass({
        header: this.#header,
        hashAlgo: this.#algorithm,
        hasher: hasherName(this.#algorithm, this.#native),
        strict: this.#strict,
        start: this.#start,
        result: this.#chain.finish(),
        variantResult: this.#variantChain?.finish() ?? null,
        census: this.#census,
        bytes: this.#bytes,
        startedAt: this.#startedAt,
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
      this.#start = chainStart(this.#headerBytes, this.#algorithm, this.#lead);
      const { variant } = this.#start;
      if (variant) this.#variantChain = createHashChain(variant.algorithm, variant.header, this.#header.byteOrder, this.#native);
      this.#feed(this.#lead);
    }
    return bytes.subarray(part.length);
  }

  #feed(bytes: Uint8Array): void {
    this.#chain.update(bytes);
    this.#variantChain?.update(bytes);
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
