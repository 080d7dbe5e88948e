/**
 * The search for blocks behind damage. Captured memory may hold blocks, and whole captures: on purpose, so that they replace what was
 * captured or hide it. So every place that has a plausible header is looked at, and what speaks for it decides:
 *
 *   chain      its PrevHash is the hash of the last block before the damage, or of the damaged bytes as one block whose header was put
 *              right, or of the block before it for which the same holds
 *   neighbour  hashes tie it to the block before or behind it
 *   framing    from it, block after block leads to the end of the data
 *   header     nothing else
 *
 * A block that its successor names has the content that its writer hashed, and is passed over whole; so is a block that the chain leads to.
 * Inside other blocks, what has better evidence than they have is taken too: neither may hide the other. The rest of what looks like a header
 * there lies in somebody's page data. A block whose `chain` evidence proves what the bytes before it are sweeps away what was found in them.
 */
import { equalBytes } from "../../bytes.js";
import type { LimitOptions } from "../../codec/limits.js";
import { BLOCK_HEADER_SIZE, END_OF_CAPTURE_MINIMUM, isEndOfCapture } from "../../format/block-header.js";
import { SALVAGE_EVIDENCE, type SalvageEvidence, trustOf } from "../../format/block-info.js";
import { BlockType } from "../../format/codes.js";
import { headerOffset } from "../../format/file-header.js";
import { hash, isImplementedHash } from "../../hash/hash-algorithm.js";
import { fileHeaderAtEnd, findMagic, HeaderCandidate } from "./header-candidate.js";
import type { LinkHashes } from "./link-hashes.js";
import { BREATHER, type ByteWork, type MovingWindow, PIECE_BYTES } from "./moving-window.js";
import { RunsToEnd } from "./runs-to-end.js";

const DIGEST_BYTES = 32;
const HASH_ALGO_OFFSET = headerOffset("hashAlgo");
const LONGEST_FILE_HEADER = 128;
/** Blocks that wait for a later one to say what the bytes they lie in are. Beyond, they are taken for found. */
const MOST_WAITING = 65_536;
/** Headers without evidence, behind one damage, of which it is tried whether they name the damaged bytes. */
const MOST_DOUBTFUL = 16;

export interface SalvagedBlock {
  readonly header: HeaderCandidate;
  readonly evidence: SalvageEvidence;
  /** Whether this is an End-of-Capture whose FileHash holds. */
  readonly endsCapture: boolean;
}

export interface DamagePlace {
  /** Where a block should begin and none does, or where the header is that leads nowhere. */
  readonly offset: number;
  /** Where the last block begins to which the walk from block to block came; null without one. */
  readonly lastBlock: number | null;
  /** Type of the block at `offset` where its BlockLength passes the end of the data; null where that is not what is wrong. */
  readonly truncatedType: number | null;
}

export interface SearchOptions {
  readonly bigEndian: boolean;
  readonly limits: Pick<LimitOptions, "blockLimit">;
}

/** What the block before leaves to the one at `offset`: that its PrevHash names it, with this evidence. `null`: of a capture in memory. */
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
  /** The damage whose other side has not been found: places where a block may begin that was altered. */
  #suspects: number[] = [];
  /** The block before it. */
  #lastBlock: number | null;
  #lastBlockEnd: number;
  #insideTruncated: number | null;
  #vouched: Vouched | undefined;
  #doubtful = 0;
  /** Ends of what was found, by evidence: what lies before the end of a block lies inside it. */
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

  /** Looks at one header; returns where to go on. */
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

  /** Whether something with the same evidence or better covers the place. */
  #isSuspect(header: HeaderCandidate, evidence: SalvageEvidence): boolean {
    return SALVAGE_EVIDENCE.some(
      (other) => trustOf(other) >= trustOf(evidence) && (this.#covered.get(other) ?? 0) > header.offset,
    );
  }

  /** Page data that is cut off may hold anything; but if BlockLength is what is wrong, the blocks behind it lead to the end of the data. */
  *#isInTruncatedRegion(header: HeaderCandidate, evidence: SalvageEvidence): ByteWork<boolean> {
    if (this.#insideTruncated === null || evidence === "chain" || evidence === "framing") return false;
    if (evidence === "neighbour" && this.#insideTruncated !== BlockType.MemoryRegion) return false;
    return !(yield* this.#runs.from(header));
  }

  /** Whether the header behind the block is there and names it. */
  *#isNamedBehind(header: HeaderCandidate): ByteWork<boolean> {
    const next = yield* this.#headerAt(header.end);
    return next?.isWalkable ? yield* this.#links.names("successor", next.prevHash, [header.offset, header.end]) : false;
  }

  /**
   * Whether the block follows the one before the damage, which was put in then, or the damaged bytes are one block with another header. Then
   * what was found in them is no block of this capture.
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

  /** Planted headers must not use up what may be hashed for this: of those with nothing else for them, the first ones are tried. */
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

  /** A capture in captured memory begins with a file header, which its first block names. */
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
   * Where to go on from `offset`, where a block should begin. If none does, but all but the magic of a header is there, and a block begins
   * where it leads, what lies between is the content of a damaged block; if the block behind names it, nothing in there is looked at.
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

  /** The header at `offset`, whatever stands there; undefined where the data ends before its end. */
  *#headerAt(offset: number): ByteWork<HeaderCandidate | undefined> {
    if (offset + BLOCK_HEADER_SIZE > this.#window.dataEnd) return undefined;
    return new HeaderCandidate(offset, yield* this.#window.at(offset, BLOCK_HEADER_SIZE), this.#bigEndian);
  }

  /** The next header that may be one: plausible, or named by the block before it. */
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

  /** Gives out what has waited. */
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

  /** End-of-Capture can be planted to hide what follows it: it is believed if its FileHash is that of the file. */
  *#endsCapture({ type, length, offset, end }: HeaderCandidate): ByteWork<boolean> {
    if (!isEndOfCapture(type, length) || end > this.#window.dataEnd) return false;
    const stored = yield* this.#window.at(offset + BLOCK_HEADER_SIZE, Math.max(DIGEST_BYTES, END_OF_CAPTURE_MINIMUM));
    return yield* this.#links.fileHashHolds(stored.slice(0, DIGEST_BYTES), offset);
  }
}
