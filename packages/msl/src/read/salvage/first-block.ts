/**
 * Where the blocks of a file begin whose header cannot be read, in which byte order they are, and by which hash they are chained. A block behind the header is
 * enough, as for every reader; a block elsewhere needs evidence, since a file that is no capture may hold bytes that look like a block.
 */
import { BLOCK_HEADER_SIZE, BLOCK_RESERVED_OFFSET } from "../../format/block-header.js";
import { BLOCK_TYPE } from "../../format/codes.js";
import { ENCRYPTED_HEADER_SIZE, PLAIN_HEADER_SIZE } from "../../format/file-header.js";
import { HashAlgo, type HashAlgoCode } from "../../hash/hash-algorithm.js";
import type { LimitOptions } from "../../options/limits.js";
import type { SalvagedBlock } from "../walked-blocks.js";
import { LinkHashes } from "./link-hashes.js";
import { BREATHER, type ByteWork, type MovingWindow, PIECE_BYTES } from "./moving-window.js";
import { findMagic, HeaderCandidate, RunsToEnd } from "./runs-to-end.js";
import { SalvageSearch } from "./salvage-search.js";

/** The block at which a walk over the blocks begins, and the byte order of its integers. */
export interface FirstBlock {
  readonly block: HeaderCandidate;
  readonly bigEndian: boolean;
}

/** A block found by searching, and the hash of the links there; undefined if no block names the one before it. */
export interface SearchedBlock extends FirstBlock {
  readonly algorithm: HashAlgoCode | undefined;
}

type Limits = Pick<LimitOptions, "blockLimit">;

const BYTE_ORDERS = [false, true] as const;
const ALGORITHMS: readonly HashAlgoCode[] = [HashAlgo.Blake3, HashAlgo.Sha256, HashAlgo.Sha512_256];
/** Blocks whose successors are asked for their hash, from the first block on. */
const PAIRS_ASKED = 8;
/** A block that begins before this offset may stand behind a header that was cut off or moved: HeaderSize is a byte. */
const NEAR_START = 256;

/** Blocks at places near the start of the file. */
export class FirstBlocks {
  readonly #window: MovingWindow;
  /** For blocks whose UUID is of another version than 4, or whose Reserved is not zero: some writers make them. */
  readonly #runs: (first: FirstBlock) => ByteWork<boolean>;

  constructor(window: MovingWindow, limits: Limits) {
    this.#window = window;
    const [little, big] = [new RunsToEnd(window, false, limits), new RunsToEnd(window, true, limits)];
    this.#runs = ({ block, bigEndian }) => (bigEndian ? big : little).from(block);
  }

  /** The block at an offset, in the byte order that suits it best; undefined if there is none. One that is cut off by the end of the data is a block as well. */
  *at(offset: number): ByteWork<FirstBlock | undefined> {
    const { dataEnd } = this.#window;
    if (offset + BLOCK_HEADER_SIZE > dataEnd) return undefined;
    const bytes = yield* this.#window.at(offset, BLOCK_HEADER_SIZE);
    const found = BYTE_ORDERS.map((bigEndian) => ({ bigEndian, block: new HeaderCandidate(offset, bytes, bigEndian) }))
      .filter(({ block }) => block.isWalkable)
      .sort((a, b) => Number(hasKnownType(b)) - Number(hasKnownType(a)));
    for (const end of [dataEnd, Number.POSITIVE_INFINITY]) {
      const plausible = found.find(({ block }) => block.fits(end));
      if (plausible) return plausible;
    }
    for (const first of found) if (yield* this.#runs(first)) return first;
    return undefined;
  }

  /** The first block of a file whose header cannot be read, if it is where a header ends, or where one should be. */
  *ofFile(headerSize: number): ByteWork<FirstBlock | undefined> {
    const inside = yield* this.#insideHeader();
    const behind = yield* this.behindHeader(headerSize);
    return inside && (!behind || (yield* this.#leadsTo(inside, behind.block.offset))) ? inside : behind;
  }

  /** The block behind the header: at the HeaderSize that the header states, or at one of the sizes that the specification knows. */
  *behindHeader(headerSize: number): ByteWork<FirstBlock | undefined> {
    const usual = yield* this.at(PLAIN_HEADER_SIZE);
    const stated = headerSize > PLAIN_HEADER_SIZE ? yield* this.at(headerSize) : undefined;
    if (usual && stated) return (yield* this.#leadsTo(usual, headerSize)) ? usual : stated;
    return usual ?? stated ?? (yield* this.at(ENCRYPTED_HEADER_SIZE));
  }

  /** The first block that begins where the header should be, in a file that lost its start. */
  *#insideHeader(): ByteWork<FirstBlock | undefined> {
    const bytes = yield* this.#window.at(0, Math.min(PLAIN_HEADER_SIZE + BLOCK_HEADER_SIZE, this.#window.dataEnd));
    for (let place = findMagic(bytes, 0, PLAIN_HEADER_SIZE); place >= 0; place = findMagic(bytes, place + 1, PLAIN_HEADER_SIZE)) {
      const first = yield* this.at(place);
      if (first) return first;
    }
    return undefined;
  }

  /** Whether blocks lead from one place to another. */
  *#leadsTo({ block, bigEndian }: FirstBlock, end: number): ByteWork<boolean> {
    let at = block.end;
    while (at < end) {
      const next = new HeaderCandidate(at, yield* this.#window.at(at, BLOCK_HEADER_SIZE), bigEndian);
      if (!next.isWalkable) return false;
      at = next.end;
    }
    return at === end;
  }
}

function hasKnownType({ block }: FirstBlock): boolean {
  return BLOCK_TYPE.names[block.type] !== undefined;
}

/** The algorithm by which a successor of the first blocks names the block before it; undefined if none does. */
export function* linkAlgorithm(window: MovingWindow, first: FirstBlock): ByteWork<HashAlgoCode | undefined> {
  return yield* new Links(window).algorithmFrom(first, PAIRS_ASKED);
}

/** The hashes of all algorithms. Together, they hash a bounded number of bytes that prove nothing. */
class Links {
  readonly #window: MovingWindow;
  readonly #hashes: readonly (readonly [HashAlgoCode, LinkHashes])[];

  constructor(window: MovingWindow) {
    this.#window = window;
    this.#hashes = ALGORITHMS.map((algorithm) => [algorithm, linksOf(window, algorithm, 0)]);
  }

  *algorithmFrom({ block, bigEndian }: FirstBlock, pairs: number): ByteWork<HashAlgoCode | undefined> {
    let { offset, end } = block;
    for (let pair = 0; pair < pairs && end + BLOCK_HEADER_SIZE <= this.#window.dataEnd; pair++) {
      const next = new HeaderCandidate(end, yield* this.#window.at(end, BLOCK_HEADER_SIZE), bigEndian);
      if (!next.isWalkable) return undefined;
      for (const [algorithm, hashes] of this.#hashes) {
        if (yield* hashes.names("successor", next.prevHash, [offset, end])) return algorithm;
      }
      ({ offset, end } = next);
    }
    return undefined;
  }
}

/** `searched`: the bytes in proportion to which hashing in vain is allowed. */
function linksOf(window: MovingWindow, algorithm: HashAlgoCode, searched: number): LinkHashes {
  return new LinkHashes({ algorithm, lead: [], firstBlock: 0, linked: true }, window, searched);
}

/**
 * The first block of a search through all data. Undefined if nothing shows that the data is a capture: then no two blocks follow each other by their hashes, no
 * blocks lead to the end of the data, and no block of a known type stands near the start.
 */
export function* searchedBlock(window: MovingWindow, limits: Limits): ByteWork<SearchedBlock | undefined> {
  const grounds = yield* groundsOfSearch(window);
  if (!grounds) return undefined;
  const { bigEndian, algorithm } = grounds;
  const links = linksOf(window, algorithm ?? HashAlgo.Blake3, window.dataEnd);
  let first: SalvagedBlock | undefined;
  let isProved = false;
  const damage = { offset: 0, lastBlock: null, truncatedType: null };
  const search = new SalvageSearch(window, links, damage, { bigEndian, limits }, (found) => {
    first ??= found;
    isProved ||= found.evidence !== "header";
  }).run();
  try {
    for (let step = search.next(NO_BYTES); !step.done && !isProved; ) step = search.next(yield step.value);
  } finally {
    links.release();
  }
  if (!first) return undefined;
  const { header: block } = first;
  const isNear = block.offset < NEAR_START && hasKnownType({ block, bigEndian });
  return isProved || isNear ? { block, bigEndian, algorithm } : undefined;
}

const NO_BYTES = new Uint8Array(0);

/** The byte order and the hash of the first two blocks of which one names the other, or else the byte order of the first plausible block header. */
function* groundsOfSearch(window: MovingWindow): ByteWork<Omit<SearchedBlock, "block"> | undefined> {
  const links = new Links(window);
  let first: boolean | undefined;
  for (let at = 0; at + BLOCK_HEADER_SIZE <= window.dataEnd; ) {
    const bytes = yield* window.from(at, BLOCK_HEADER_SIZE);
    const end = Math.min(PIECE_BYTES, bytes.length - BLOCK_HEADER_SIZE + 1);
    for (let place = findMagic(bytes, 0, end); place >= 0; place = findMagic(bytes, place + 1, end)) {
      // Most data fails here, before it costs a copy. `fits` asks for more.
      if (bytes[place + BLOCK_RESERVED_OFFSET] !== 0) continue;
      for (const bigEndian of BYTE_ORDERS) {
        const block = new HeaderCandidate(at + place, bytes.subarray(place), bigEndian);
        if (!block.fits(window.dataEnd)) continue;
        first ??= bigEndian;
        const algorithm = yield* links.algorithmFrom({ block, bigEndian }, 1);
        if (algorithm !== undefined) return { bigEndian, algorithm };
      }
    }
    at += end;
    yield BREATHER;
  }
  return first === undefined ? undefined : { bigEndian: first, algorithm: undefined };
}
