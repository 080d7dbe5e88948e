/**
 * Bytes that resemble the memory of a process. Every engine makes the same bytes: computation uses only integers and divisions by
 * powers of two.
 */
import { Random } from "./random.js";

const PAGE_BYTES = 4096;
/** A seed with which even the first 64 KiB compress about as well as the whole. */
const SEED = 12;
const LONGEST_RUN = 12;
const WORDS = "the kernel maps a page of the process at this address and the loader writes its path name version and flags".split(
  " ",
);

/** Fills one page. */
type Fill = (page: DataView, random: Random) => void;

/**
 * The kind of a run of pages is drawn from this list: 4 of 12 are zero, the others resemble heaps, tables, code, text and random data.
 */
const RUNS: readonly Fill[] = [
  zero,
  zero,
  zero,
  zero,
  pointers,
  pointers,
  records,
  records,
  instructions,
  instructions,
  text,
  noise,
];

/** An endless stream of memory, in runs of 1 to 12 pages of one kind; a third of the pages is zero. */
export class MemoryStream {
  readonly #random: Random;
  #fill: Fill = zero;
  #left = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Returns the next `length` bytes; `length` is a multiple of 4096. */
  take(length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += PAGE_BYTES) {
      if (this.#left-- === 0) {
        this.#left = this.#random.below(LONGEST_RUN);
        this.#fill = RUNS[this.#random.below(RUNS.length)] ?? zero;
      }
      this.#fill(new DataView(bytes.buffer, at, PAGE_BYTES), this.#random);
    }
    return bytes;
  }
}

/** `length` bytes of such a stream, the same on every run; `length` is a multiple of 4096. */
export function memoryLike(length: number): Uint8Array {
  return new MemoryStream(new Random(SEED)).take(length);
}

function zero(): void {}

/** Pointers into one heap, each followed by a small size. */
function pointers(page: DataView, random: Random): void {
  const heap = random.below(256) * 0x10_0000;
  for (let at = 0; at < PAGE_BYTES; at += 16) {
    page.setUint32(at, heap + 16 * random.below(65_536), true);
    page.setUint32(at + 4, 0x7f3a, true);
    page.setUint32(at + 8, 16 * random.below(32), true);
  }
}

/** Structures of 64 bytes with a vtable pointer, counters and a flag word; the other bytes are zero. */
function records(page: DataView, random: Random): void {
  for (let at = 0; at < PAGE_BYTES; at += 64) {
    page.setUint32(at, 0x0804_8000 + 64 * random.below(8), true);
    page.setUint32(at + 4, 0x5555, true);
    page.setUint32(at + 8, at, true);
    page.setUint16(at + 24, random.below(1000), true);
    page.setFloat64(at + 32, random.below(10_000) / 8, true);
    page.setUint8(at + 48, random.below(4));
  }
}

/** Instructions with operands; a few opcodes are more frequent than the others. */
function instructions(page: DataView, random: Random): void {
  for (let at = 0; at < PAGE_BYTES; at += 4) {
    const opcode = 0x48 + (random.below(16) & random.below(16));
    page.setUint32(at, (opcode | (random.below(8) << 8) | (random.below(64) << 16)) >>> 0, true);
  }
}

function text(page: DataView, random: Random): void {
  let line = "";
  while (line.length < PAGE_BYTES) line += `${WORDS[random.below(WORDS.length)]} `;
  for (let at = 0; at < PAGE_BYTES; at++) page.setUint8(at, line.charCodeAt(at));
}

function noise(page: DataView, random: Random): void {
  for (let at = 0; at < PAGE_BYTES; at += 4) page.setUint32(at, random.u32());
}
