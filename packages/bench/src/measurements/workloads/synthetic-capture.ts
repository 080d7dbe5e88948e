/** Captures of any size, made as a stream in constant memory, with a valid chain and FileHash. The content is the same in every run. */
import { Blake3 } from "@memslice/core-wasm";
import { Random } from "../../captures/random.js";

/** One of the blocks that follow Process Identity and Module List Index. */
export interface SyntheticBlock {
  readonly type: number;
  readonly payloadLength: number;
  /** Pieces of `payloadLength` bytes in total. */
  readonly payload: Iterable<Uint8Array>;
  /** The index of the parent block; without one, the block has no parent. */
  readonly parent?: number;
  /** The block's flags, 0 by default. */
  readonly flags?: number;
}

const FILE_HEADER_BYTES = 64;
/** The flag Encrypted of the file header. */
const ENCRYPTED = 4;
export const BLOCK_HEADER_BYTES = 80;
const PAGE_BYTES = 4096;
const PAGE_SIZE_LOG2 = 12;
const REGION_HEAD_BYTES = 32;
const FAILED_EVERY = 16;
/** The index of the Module List Index among the blocks of a synthetic capture. */
const MODULE_LIST_INDEX = 1;

/** CapBitmap, by the kind of blocks that follow Process Identity and Module List Index. */
const CAP_BITMAP = { regions: 0x103n, modules: 0x102n } as const;

/**
 * The bytes of a capture in pieces, the header first: Process Identity, Module List Index, `blocks`, End-of-Capture. With the 64 bytes
 * of an encryption extension, the result is the plaintext of an encrypted capture: the extended header, and blocks with a zero
 * PrevHash.
 */
export function* syntheticCapture(
  holds: keyof typeof CAP_BITMAP,
  blocks: Iterable<SyntheticBlock>,
  extension: Uint8Array = new Uint8Array(0),
): Generator<Uint8Array> {
  const file = new Blake3();
  const chain = new Chain(extension.length === 0);
  const emit = (bytes: Uint8Array): Uint8Array => {
    file.update(bytes);
    chain.update(bytes);
    return bytes;
  };
  yield emit(fileHeader(CAP_BITMAP[holds], extension));
  yield emit(chain.nextBlock(0x40, processIdentity()));
  yield emit(chain.nextBlock(0x10, new Uint8Array(8)));
  for (const { type, payloadLength, payload, parent, flags } of blocks) {
    yield emit(chain.nextBlockHeader(type, payloadLength, parent, flags));
    for (const piece of payload) yield emit(piece);
  }
  const fileHash = file.digest();
  const endOfCapture = new Uint8Array(48);
  endOfCapture.set(fileHash);
  yield chain.nextBlock(0xfff, endOfCapture);
  file.release();
  chain.release();
}

interface RegionShape {
  readonly regions: number;
  /** Captured 4 KiB pages in each region. In addition, every 16th page of the region has failed and stores nothing. */
  readonly pagesPerRegion: number;
}

/** Memory Regions of that shape. */
export function* regionBlocks({ regions, pagesPerRegion }: RegionShape): Generator<SyntheticBlock> {
  const pages = pagePool();
  for (let region = 0; region < regions; region++) {
    const head = regionHead(BigInt(region) << 32n, pagesPerRegion);
    const payload = regionPayload(head, pages, region, pagesPerRegion);
    yield { type: 0x01, payloadLength: head.length + pagesPerRegion * PAGE_BYTES, payload };
  }
}

function* regionPayload(head: Uint8Array, pages: readonly Uint8Array[], region: number, count: number): Generator<Uint8Array> {
  yield head;
  for (let page = 0; page < count; page++) yield pageOf(pages, region, page);
}

/** The payload of a region at address 0 whose pages are all captured; `pageData`: a multiple of 4096 bytes. */
export function wholeRegion(pageData: Uint8Array): Uint8Array {
  const pages = pageData.length / PAGE_BYTES;
  const head = new Uint8Array(REGION_HEAD_BYTES + Math.ceil(pages / 4 / 8) * 8);
  new DataView(head.buffer).setBigUint64(8, BigInt(pageData.length), true);
  head.set([3, 5, PAGE_SIZE_LOG2], 0x10);
  const payload = new Uint8Array(head.length + pageData.length);
  payload.set(head);
  payload.set(pageData, head.length);
  return payload;
}

/** Module Entries with blocks of 176 to 224 bytes, 200 on average. */
export function* moduleBlocks(count: number): Generator<SyntheticBlock> {
  for (let module = 0; module < count; module++) {
    const payload = moduleEntry(module);
    yield { type: 0x02, payloadLength: payload.length, payload: [payload], parent: MODULE_LIST_INDEX };
  }
}

/** Computes each PrevHash: the hash of the preceding header or block. */
class Chain {
  readonly #chained: boolean;
  #element = new Blake3();
  #index = 0;

  /** If not `chained`, every PrevHash is zero. */
  constructor(chained: boolean) {
    this.#chained = chained;
  }

  update(bytes: Uint8Array): void {
    if (this.#chained) this.#element.update(bytes);
  }

  nextBlock(type: number, payload: Uint8Array): Uint8Array {
    const block = new Uint8Array(BLOCK_HEADER_BYTES + payload.length);
    block.set(this.nextBlockHeader(type, payload.length));
    block.set(payload, BLOCK_HEADER_BYTES);
    return block;
  }

  nextBlockHeader(type: number, payloadLength: number, parent?: number, flags = 0): Uint8Array {
    const header = new Uint8Array(BLOCK_HEADER_BYTES);
    const view = new DataView(header.buffer);
    header.set(new TextEncoder().encode("MSLC"));
    view.setUint16(4, type, true);
    view.setUint16(6, flags, true);
    view.setUint32(8, BLOCK_HEADER_BYTES + payloadLength, true);
    view.setUint16(12, 1, true);
    header.set(uuid(++this.#index), 16);
    if (parent !== undefined) header.set(uuid(parent + 1), 32);
    if (this.#chained) header.set(this.#element.digest(), 48);
    this.#element.release();
    this.#element = new Blake3();
    return header;
  }

  release(): void {
    this.#element.release();
  }
}

function fileHeader(capBitmap: bigint, extension: Uint8Array): Uint8Array {
  const header = new Uint8Array(FILE_HEADER_BYTES + extension.length);
  const view = new DataView(header.buffer);
  header.set(new TextEncoder().encode("MEMSLICE"));
  header.set([1, header.length, 1, 1, extension.length === 0 ? 0 : ENCRYPTED], 8);
  header.set(extension, FILE_HEADER_BYTES);
  view.setBigUint64(0x10, capBitmap, true);
  header.set(uuid(0), 0x18);
  view.setBigUint64(0x28, 1_700_000_000_000_000_000n, true);
  view.setUint16(0x30, 1, true);
  view.setUint16(0x32, 1, true);
  view.setUint32(0x34, 4242, true);
  header[0x38] = 1;
  return header;
}

function processIdentity(): Uint8Array {
  const payload = new Uint8Array(32);
  const path = new TextEncoder().encode("/bin/ls\0");
  payload[0x10] = path.length;
  payload.set(path, 0x18);
  return payload;
}

/** A payload of BaseAddr, ModuleSize, PathLen and a path of 32 to 80 bytes; without version, hash and blob. */
function moduleEntry(module: number): Uint8Array {
  const pathLength = 32 + 8 * (module % 7);
  const payload = new Uint8Array(64 + pathLength);
  const view = new DataView(payload.buffer);
  view.setBigUint64(0, BigInt(module) << 16n, true);
  view.setBigUint64(8, 0x10000n, true);
  view.setUint16(0x10, pathLength, true);
  const number = String(module).padStart(pathLength - "/usr/lib/lib.so\0".length, "0");
  payload.set(new TextEncoder().encode(`/usr/lib/lib${number}.so`), 0x18);
  return payload;
}

/** Fixed part and page-state map. Every 16th page has failed, in addition to the captured pages. */
function regionHead(baseAddr: bigint, captured: number): Uint8Array {
  const pages = captured + Math.floor((captured - 1) / (FAILED_EVERY - 1));
  const mapBytes = Math.ceil(pages / 4 / 8) * 8;
  const head = new Uint8Array(REGION_HEAD_BYTES + mapBytes);
  const view = new DataView(head.buffer);
  view.setBigUint64(0, baseAddr, true);
  view.setBigUint64(8, BigInt(pages) << BigInt(PAGE_SIZE_LOG2), true);
  head.set([3, 5, PAGE_SIZE_LOG2], 0x10);
  for (let page = FAILED_EVERY - 1; page < pages; page += FAILED_EVERY) {
    const at = REGION_HEAD_BYTES + (page >> 2);
    head[at] = (head[at] ?? 0) | (1 << (6 - 2 * (page & 3)));
  }
  return head;
}

/** The bytes of a captured page as `regionBlocks` writes them; `pool` is the result of `pagePool()`. */
export function pageOf(pool: readonly Uint8Array[], region: number, page: number): Uint8Array {
  return pool[(region + page) % pool.length] ?? new Uint8Array(PAGE_BYTES);
}

/** The address of a captured page of a region. */
export function addressOf(region: number, page: number): bigint {
  const failedBefore = Math.floor(page / (FAILED_EVERY - 1));
  return (BigInt(region) << 32n) + (BigInt(page + failedBefore) << BigInt(PAGE_SIZE_LOG2));
}

/** 64 pages of random bytes. */
export function pagePool(): Uint8Array[] {
  const random = new Random(0x1e3779b9);
  return Array.from(
    { length: 64 },
    () => new Uint8Array(Uint32Array.from({ length: PAGE_BYTES / 4 }, () => random.u32()).buffer),
  );
}

/** UUID of the dump for index 0, of block n for index n + 1. */
function uuid(index: number): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < 12; at += 4) view.setUint32(at, Math.imul(index + at + 1, 0x9e3779b1));
  view.setUint32(12, index);
  bytes[6] = 0x40 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return bytes;
}
