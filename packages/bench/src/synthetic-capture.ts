/** Captures of any size, made as a stream in constant memory: valid chain, FileHash, and content that is the same on every run. */
import { Blake3 } from "@memslice/core-wasm";

export interface SyntheticCapture {
  /** Memory Region blocks. */
  readonly regions: number;
  /** Captured 4 KiB pages in each of them; every 16th page of the region failed and stores nothing. */
  readonly pagesPerRegion: number;
}

const PAGE_BYTES = 4096;
const PAGE_SIZE_LOG2 = 12;
const BLOCK_HEADER_BYTES = 80;
const REGION_HEAD_BYTES = 32;
const FAILED_EVERY = 16;

/** The bytes of a capture, in pieces of at most one page run. */
export function* syntheticCapture({ regions, pagesPerRegion }: SyntheticCapture): Generator<Uint8Array> {
  const file = new Blake3();
  const chain = new Chain();
  const pages = pagePool();
  const emit = (bytes: Uint8Array): Uint8Array => {
    file.update(bytes);
    chain.update(bytes);
    return bytes;
  };
  yield emit(fileHeader());
  yield emit(chain.nextBlock(0x40, processIdentity()));
  yield emit(chain.nextBlock(0x10, new Uint8Array(8)));
  for (let region = 0; region < regions; region++) {
    const head = regionHead(BigInt(region) << 32n, pagesPerRegion);
    yield emit(chain.nextBlockHeader(0x01, head.length + pagesPerRegion * PAGE_BYTES));
    yield emit(head);
    for (let page = 0; page < pagesPerRegion; page++)
      yield emit(pages[(region + page) % pages.length] ?? new Uint8Array(PAGE_BYTES));
  }
  const fileHash = file.digest();
  const endOfCapture = new Uint8Array(48);
  endOfCapture.set(fileHash);
  yield chain.nextBlock(0xfff, endOfCapture);
  file.release();
  chain.release();
}

/** The hash of the element written last becomes the PrevHash of the next. */
class Chain {
  #element = new Blake3();
  #index = 0;

  update(bytes: Uint8Array): void {
    this.#element.update(bytes);
  }

  nextBlock(type: number, payload: Uint8Array): Uint8Array {
    const block = new Uint8Array(BLOCK_HEADER_BYTES + payload.length);
    block.set(this.nextBlockHeader(type, payload.length));
    block.set(payload, BLOCK_HEADER_BYTES);
    return block;
  }

  nextBlockHeader(type: number, payloadLength: number): Uint8Array {
    const header = new Uint8Array(BLOCK_HEADER_BYTES);
    const view = new DataView(header.buffer);
    header.set(new TextEncoder().encode("MSLC"));
    view.setUint16(4, type, true);
    view.setUint32(8, BLOCK_HEADER_BYTES + payloadLength, true);
    view.setUint16(12, 1, true);
    header.set(uuid(++this.#index), 16);
    header.set(this.#element.digest(), 48);
    this.#element.release();
    this.#element = new Blake3();
    return header;
  }

  release(): void {
    this.#element.release();
  }
}

function fileHeader(): Uint8Array {
  const header = new Uint8Array(64);
  const view = new DataView(header.buffer);
  header.set(new TextEncoder().encode("MEMSLICE"));
  header.set([1, 64, 1, 1], 8);
  view.setBigUint64(0x10, 0x103n, true);
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

/** Fixed part and page-state map: in every 16 pages the last one failed, on top of the captured ones. */
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

/** A few pages of bytes without a pattern, from a fixed seed (xorshift32). */
function pagePool(): Uint8Array[] {
  let state = 0x9e3779b9;
  return Array.from({ length: 64 }, () => {
    const words = new Uint32Array(PAGE_BYTES / 4);
    for (let i = 0; i < words.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[i] = state >>> 0;
    }
    return new Uint8Array(words.buffer);
  });
}

function uuid(index: number): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes[6] = 0x40;
  bytes[8] = 0x80;
  new DataView(bytes.buffer).setUint32(12, index);
  return bytes;
}
