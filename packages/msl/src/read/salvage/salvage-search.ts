/**
 * The search for blocks behind damage. Captured memory may hold bytes that look like blocks, and whole captures; somebody may have planted them to
 * replace or hide captured content. So every place with a plausible header is examined, and the evidence for it decides:
 *
 *   chain      its PrevHash is the hash of the last block before the damage, or of the damaged bytes as one block with a repaired header, or
 *              of a block before it that has chain evidence
 *   neighbour  its PrevHash names the block before it, or the PrevHash of the block behind names it
 *   framing    its BlockLength and those of the blocks behind it lead to the end of the data
 *   header     nothing else
 *
 * A PrevHash names a block if it is the hash of the block. A block that its successor names has the content that its writer hashed: the search
 * continues behind the block. The same holds for a block with chain evidence. Inside any other block the search continues, so that a planted block does
 * not hide blocks inside it. There it accepts only headers with stronger evidence than the block has, so that planted headers do not hide the block;
 * the other headers there are taken for page data. When chain evidence proves what the damaged bytes are, blocks found in them are dropped.
 */
import { equalBytes } from "../../bytes.js";
import {
  BLOCK_HEADER_SIZE,
  END_OF_CAPTURE_MINIMUM,
  isEndOfCapture,
  SALVAGE_EVIDENCE,
  type SalvageEvidence,
  trustOf,
} from "../../format/block-header.js";
import { BlockType } from "../../format/codes.js";
import { headerOffset } from "../../format/file-header.js";
import { hash, isImplementedHash } from "../../hash/hash-algorithm.js";
import { type LimitOptions, requireBlocksWithin } from "../../options/limits.js";
import type { DamagePlace, SalvagedBlock, WalkedBlocks } from "../walked-blocks.js";
import { LinkHashes, type SalvageHashing } from "./link-hashes.js";
import { BREATHER, type ByteWork, MovingWindow, PIECE_BYTES } from "./moving-window.js";
import { fileHeaderAtEnd, findMagic, HeaderCandidate, RunsToEnd } from "./runs-to-end.js";

export { runOnSource } from "./moving-window.js";
export { salvageDeviations } from "./salvage-deviations.js";

const DIGEST_BYTES = 32;
const HASH_ALGO_OFFSET = headerOffset("hashAlgo");
const LONGEST_FILE_HEADER = 128;
/** Most blocks that are held back because a later block may prove that they lie in page data. Further blocks are accepted. */
const MOST_WAITING = 65_536;
/** Most headers without other evidence, for each damage, for which the damaged bytes are hashed. */
const MOST_DOUBTFUL = 16;

export interface SearchOptions {
  readonly bigEndian: boolean;
  readonly limits: Pick<LimitOptions, "blockLimit">;
}

/**
 * The PrevHash of the block at `offset` names the block before it. `evidence`: that of the block before it; null if both are blocks of a capture in
 * captured memory.
 */
interface Vouched {
  readonly offset: number;
  readonly evidence: SalvageEvidence | null;
}

export class SalvageSearch {
  readonly #window: MovingWindow;
  readonly #links: LinkHashes;
  readonly #bigEndian: boolean;
  readonly #runs: RunsToEnd;
  readonly #onFound: (block: SalvagedBlock) => void;
  /** Offsets at which an altered block may begin, as long as the end of the damage has not been found. */
  #suspects: number[] = [];
  /** Offset of the last block before the damage. */
  #lastBlock: number | null;
  #lastBlockEnd: number;
  #insideTruncated: number | null;
  #vouched: Vouched | undefined;
  #doubtful = 0;
  /** The highest end of the blocks found, by evidence: a header before it lies inside such a block. */
  readonly #covered = new Map<SalvageEvidence, number>();
  #waiting: Omit<SalvagedBlock, "endsCapture">[] = [];
  #ended = false;

  constructor(
    window: MovingWindow,
    links: LinkHashes,
    damage: DamagePlace,
    { bigEndian, limits }: SearchOptions,
    onFound: (block: SalvagedBlock) => void,
  ) {
    this.#window = window;
    this.#links = links;
    this.#bigEndian = bigEndian;
    this.#runs = new RunsToEnd(window, bigEndian, limits);
    this.#onFound = onFound;
    this.#lastBlock = damage.lastBlock;
    this.#lastBlockEnd = damage.offset;
    this.#insideTruncated = damage.truncatedType;
    this.#suspects = [damage.offset];
    if (damage.lastBlock !== null) this.#suspects.push(damage.lastBlock);
  }

  *run(): ByteWork<void> {
    const start = this.#lastBlockEnd;
    let at = this.#insideTruncated === null ? yield* this.#pastDamagedBlock(start) : start + BLOCK_HEADER_SIZE;
    while (!this.#ended) {
      const header = yield* this.#nextHeader(at);
      if (!header) break;
      at = yield* this.#consider(header);
      yield BREATHER;
    }
    if (!this.#ended) yield* this.#settle();
  }

  /** Examines one header; returns where the search continues. */
  *#consider(header: HeaderCandidate): ByteWork<number> {
    const vouched = this.#vouched?.offset === header.offset ? this.#vouched : undefined;
    const namedBehind = yield* this.#isNamedBehind(header);
    if (vouched ? vouched.evidence === null : yield* this.#startsNestedCapture(header)) {
      if (!namedBehind) return header.offset + 1;
      this.#vouched = { offset: header.end, evidence: null };
      return header.end;
    }
    const chained = vouched ? vouched.evidence === "chain" : yield* this.#provesDamage(header, namedBehind);
    const evidence = chained ? "chain" : yield* this.#evidenceOf(header, vouched !== undefined, namedBehind);
    if (this.#isSuspect(header, evidence) || (yield* this.#isInTruncatedRegion(header, evidence))) return header.offset + 1;
    this.#insideTruncated = null;
    this.#waiting.push({ header, evidence });
    if (chained || this.#waiting.length > MOST_WAITING) yield* this.#settle();
    const isWhole = namedBehind || chained;
    this.#cover(isWhole || evidence === "framing" || evidence === "header" ? evidence : "framing", header.end);
    if (chained) {
      this.#lastBlock = header.offset;
      this.#lastBlockEnd = header.end;
      this.#suspects = [header.end, header.offset];
      this.#doubtful = 0;
    }
    if (namedBehind) {
      this.#vouched = { offset: header.end, evidence };
      return header.end;
    }
    return isWhole ? yield* this.#pastDamagedBlock(header.end) : header.offset + 1;
  }

  *#evidenceOf(header: HeaderCandidate, vouched: boolean, namedBehind: boolean): ByteWork<SalvageEvidence> {
    if (vouched || namedBehind) return "neighbour";
    return (yield* this.#runs.from(header)) ? "framing" : "header";
  }

  /** Whether the place lies inside a block with the same evidence or better. */
  #isSuspect(header: HeaderCandidate, evidence: SalvageEvidence): boolean {
    return SALVAGE_EVIDENCE.some(
      (other) => trustOf(other) >= trustOf(evidence) && (this.#covered.get(other) ?? 0) > header.offset,
    );
  }

  /** Whether the header lies in the page data of a truncated region. If only its BlockLength is wrong, the blocks behind it lead to the end of the data. */
  *#isInTruncatedRegion(header: HeaderCandidate, evidence: SalvageEvidence): ByteWork<boolean> {
    if (this.#insideTruncated === null || evidence === "chain" || evidence === "framing") return false;
    if (evidence === "neighbour" && this.#insideTruncated !== BlockType.MemoryRegion) return false;
    return !(yield* this.#runs.from(header));
  }

  /** Whether a header follows the block and its PrevHash names the block. */
  *#isNamedBehind(header: HeaderCandidate): ByteWork<boolean> {
    const next = yield* this.#headerAt(header.end);
    return next?.isWalkable ? yield* this.#links.names("successor", next.prevHash, [header.offset, header.end]) : false;
  }

  /**
   * Whether the block follows the last block before the damage, so that the bytes between were inserted, or follows the damaged bytes as one block
   * with an altered header. Headers found in those bytes are then no blocks of this capture.
   */
  *#provesDamage(header: HeaderCandidate, namedBehind: boolean): ByteWork<boolean> {
    const { prevHash } = header;
    const proved =
      (this.#lastBlock !== null && (yield* this.#links.namesLast(prevHash, this.#lastBlock, this.#lastBlockEnd))) ||
      (yield* this.#namesDamaged(header, namedBehind));
    if (!proved) return false;
    this.#waiting = [];
    this.#covered.clear();
    return true;
  }

  /**
   * Whether the PrevHash names the damaged bytes as one block. Of headers without other evidence only the first MOST_DOUBTFUL are compared, so that
   * planted headers do not use up the budget of bytes to hash.
   */
  *#namesDamaged(header: HeaderCandidate, namedBehind: boolean): ByteWork<boolean> {
    const { offset, prevHash } = header;
    if (!namedBehind && !(yield* this.#runs.from(header)) && ++this.#doubtful > MOST_DOUBTFUL) return false;
    for (const suspect of this.#suspects) {
      const damaged = offset >= suspect + BLOCK_HEADER_SIZE ? yield* this.#headerAt(suspect) : undefined;
      if (!damaged) continue;
      const span = [suspect, offset] as const;
      const mended = damaged.mended(offset - suspect, this.#bigEndian);
      if (yield* this.#links.names("damage", prevHash, span, mended)) return true;
      if (yield* this.#links.names("damage", prevHash, span)) return true;
    }
    return false;
  }

  /** Whether the block is the first of a capture in captured memory: a file header stands before it, and its PrevHash names that header. */
  *#startsNestedCapture({ offset, prevHash }: HeaderCandidate): ByteWork<boolean> {
    const start = Math.max(0, offset - LONGEST_FILE_HEADER);
    const header = fileHeaderAtEnd(yield* this.#window.at(start, offset - start));
    const algorithm = header?.[HASH_ALGO_OFFSET];
    return (
      header !== undefined &&
      algorithm !== undefined &&
      isImplementedHash(algorithm) &&
      equalBytes(prevHash, hash(algorithm, header))
    );
  }

  /**
   * Returns where the search continues if a block should begin at `offset`. If a header without its magic is at `offset`, and another block begins at the
   * end that its BlockLength gives, the bytes between are a damaged block. If the PrevHash of the other block names the damaged block, the search
   * continues behind the damaged block.
   */
  *#pastDamagedBlock(offset: number): ByteWork<number> {
    const damaged = yield* this.#headerAt(offset);
    if (!damaged || damaged.isWalkable) return offset;
    if (damaged.hasMagic || !damaged.fits(this.#window.dataEnd)) return offset + 1;
    const next = yield* this.#headerAt(damaged.end);
    if (damaged.end < this.#window.dataEnd && !next?.isWalkable) return offset + 1;
    this.#cover("framing", damaged.end);
    if (!next) return offset + 1;
    const span = [offset, damaged.end] as const;
    const mended = damaged.mended(damaged.length, this.#bigEndian);
    const isNamed =
      (yield* this.#links.names("successor", next.prevHash, span, mended)) ||
      (yield* this.#links.names("successor", next.prevHash, span));
    return isNamed ? damaged.end : offset + 1;
  }

  #cover(evidence: SalvageEvidence, end: number): void {
    this.#covered.set(evidence, Math.max(this.#covered.get(evidence) ?? 0, end));
  }

  /** The bytes at `offset` as a header; undefined if the data ends inside it. */
  *#headerAt(offset: number): ByteWork<HeaderCandidate | undefined> {
    if (offset + BLOCK_HEADER_SIZE > this.#window.dataEnd) return undefined;
    return new HeaderCandidate(offset, yield* this.#window.at(offset, BLOCK_HEADER_SIZE), this.#bigEndian);
  }

  /** The next plausible header, or the header behind a block that a hash proves. */
  *#nextHeader(from: number): ByteWork<HeaderCandidate | undefined> {
    const { dataEnd } = this.#window;
    for (let at = from; at + BLOCK_HEADER_SIZE <= dataEnd; ) {
      const bytes = yield* this.#window.from(at, BLOCK_HEADER_SIZE);
      const end = Math.min(PIECE_BYTES, bytes.length - BLOCK_HEADER_SIZE + 1);
      for (let place = findMagic(bytes, 0, end); place >= 0; place = findMagic(bytes, place + 1, end)) {
        const header = new HeaderCandidate(at + place, bytes.subarray(place), this.#bigEndian);
        const isExpected = this.#vouched?.offset === header.offset && header.isWalkable;
        if (isExpected || header.fits(dataEnd)) return header;
      }
      at += end;
      yield BREATHER;
    }
    return undefined;
  }

  /** Accepts the blocks that wait (`#waiting`). */
  *#settle(): ByteWork<void> {
    const found = this.#waiting;
    this.#waiting = [];
    for (const { header, evidence } of found) {
      this.#ended = yield* this.#endsCapture(header);
      this.#onFound({ header, evidence, endsCapture: this.#ended });
      if (this.#ended) return;
      yield BREATHER;
    }
  }

  /** An End-of-Capture may be planted to hide the blocks behind it: it counts only if its FileHash is right. */
  *#endsCapture({ type, length, offset, end }: HeaderCandidate): ByteWork<boolean> {
    if (!isEndOfCapture(type, length) || end > this.#window.dataEnd) return false;
    const stored = yield* this.#window.at(offset + BLOCK_HEADER_SIZE, Math.max(DIGEST_BYTES, END_OF_CAPTURE_MINIMUM));
    return yield* this.#links.fileHashHolds(stored.slice(0, DIGEST_BYTES), offset);
  }
}

/** Searches for blocks behind the damage at which the walk ended, if it ended at damage, and adds them. Throws `limit` like the walk. */
export function* salvage(
  walked: WalkedBlocks,
  hashing: SalvageHashing | undefined,
  limits: Pick<LimitOptions, "blockLimit">,
): ByteWork<void> {
  const damage = walked.damage();
  if (!damage) return;
  const window = new MovingWindow(walked.dataEnd);
  const links = new LinkHashes(hashing, window, walked.dataEnd - damage.offset);
  try {
    const { bigEndian } = walked;
    const found = (block: SalvagedBlock) => {
      walked.add(block);
      requireBlocksWithin(limits, walked.records.count, walked.next);
    };
    yield* new SalvageSearch(window, links, damage, { bigEndian, limits }, found).run();
  } finally {
    links.release();
  }
}
