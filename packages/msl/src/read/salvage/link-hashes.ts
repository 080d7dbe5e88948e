/** Hashes that prove which block follows which. A budget bounds the bytes hashed: planted headers may claim any length, any number of times. */
import { equalBytes, isZero } from "../../bytes.js";
import { BLOCK_HEADER_SIZE } from "../../format/block-header.js";
import { createHasher, type HashAlgoCode, type Hasher } from "../../hash/hash-algorithm.js";
import type { ByteWork, MovingWindow } from "./moving-window.js";

/**
 * The number of bytes that may be hashed without finding a link is FRUITLESS_PER_BYTE for each byte searched, plus FRUITLESS_ALWAYS. The bytes of a
 * block whose hash proves a link do not count.
 */
const FRUITLESS_PER_BYTE = 4;
const FRUITLESS_ALWAYS = 16 * 1024 * 1024;

/** The hash of the capture. `lead`: the bytes before the first block that FileHash covers. */
export interface SalvageHashing {
  readonly algorithm: HashAlgoCode;
  readonly lead: readonly Uint8Array[];
  /** Offset of the first block. */
  readonly firstBlock: number;
  /** False in encrypted captures, whose blocks have no links. */
  readonly linked: boolean;
}

/**
 * What a PrevHash is compared with. `successor`: whether the next header names a block. `damage`: whether a header names the damaged bytes before
 * it.
 */
export type LinkPurpose = "successor" | "damage";

/** Where a block begins and ends. */
export type BlockSpan = readonly [start: number, end: number];

export class LinkHashes {
  readonly #hashing: SalvageHashing | undefined;
  readonly #window: MovingWindow;
  /** Bytes that may still be hashed without a link, for each purpose. */
  readonly #budget: Record<LinkPurpose, number>;
  #lastDigest: { readonly start: number; readonly end: number; readonly digest: Uint8Array } | undefined;
  /** The hasher of FileHash, which has hashed the bytes before `#fileEnd`. */
  #file: Hasher | undefined;
  #fileEnd = 0;

  /** `hashing` is undefined if the algorithm of the capture is not implemented: then no link is found. */
  constructor(hashing: SalvageHashing | undefined, window: MovingWindow, searched: number) {
    this.#hashing = hashing;
    this.#window = window;
    const budget = FRUITLESS_ALWAYS + FRUITLESS_PER_BYTE * searched;
    this.#budget = { successor: budget, damage: budget };
  }

  /** Like `names`, for the last block before the damage, which many headers may claim to follow: it is hashed once. */
  *namesLast(prevHash: Uint8Array, start: number, end: number): ByteWork<boolean> {
    if (!this.#hashing?.linked || end - start < BLOCK_HEADER_SIZE || isZero(prevHash)) return false;
    if (this.#lastDigest?.start !== start || this.#lastDigest.end !== end) {
      this.#lastDigest = { start, end, digest: yield* this.#digest(this.#hashing.algorithm, start, end, undefined) };
    }
    return equalBytes(prevHash, this.#lastDigest.digest);
  }

  /** Whether `prevHash` is the hash of the block `[start, end)`. `header`: replaces the stored header of the block. */
  *names(purpose: LinkPurpose, prevHash: Uint8Array, [start, end]: BlockSpan, header?: Uint8Array): ByteWork<boolean> {
    const length = end - start;
    if (!this.#hashing?.linked || length < BLOCK_HEADER_SIZE || length > this.#budget[purpose] || isZero(prevHash)) return false;
    this.#budget[purpose] -= length;
    const holds = equalBytes(prevHash, yield* this.#digest(this.#hashing.algorithm, start, end, header));
    if (holds) this.#budget[purpose] += length;
    return holds;
  }

  *#digest(algorithm: HashAlgoCode, start: number, end: number, header: Uint8Array | undefined): ByteWork<Uint8Array> {
    const hasher = createHasher(algorithm);
    try {
      if (header) hasher.update(header);
      yield* this.#window.pieces(start + (header?.length ?? 0), end, (piece) => hasher.update(piece));
      return hasher.digest();
    } finally {
      hasher.release();
    }
  }

  /** Whether the FileHash of an End-of-Capture at `offset` is the hash of all bytes before it. No call may pass a lower `offset` than the call before. */
  *fileHashHolds(stored: Uint8Array, offset: number): ByteWork<boolean> {
    if (!this.#hashing) return false;
    const { algorithm, lead, firstBlock } = this.#hashing;
    if (!this.#file) {
      this.#file = createHasher(algorithm);
      for (const bytes of lead) this.#file.update(bytes);
      this.#fileEnd = firstBlock;
    }
    const file = this.#file;
    yield* this.#window.pieces(this.#fileEnd, offset, (piece) => file.update(piece));
    this.#fileEnd = offset;
    return equalBytes(stored, file.digest());
  }

  release(): void {
    this.#file?.release();
    this.#file = undefined;
  }
}
