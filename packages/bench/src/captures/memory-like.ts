/** Bytes as the memory of a process has them. Every engine makes the same: integers, and divisions by powers of two. */
import { Random } from "./random.js";

const PAGE_BYTES = 4096;
/** With this seed the first 64 KiB, too, compress about as the whole does. */
const SEED = 12;
const LONGEST_RUN = 12;
const WORDS = "the kernel maps a page of the process at this address and the loader writes its path name version and flags".split(
  " ",
);

/** Fills one page. */
type Fill = (page: DataView, random: Random) => void;

/** Out of 12 runs of pages: 4 are zero, the others hold what heaps, stacks, tables and files look like. */
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

/** Memory without end, in runs of 1 to 12 pages of one kind; a third of the pages is zero. */
export class MemoryStream {
  readonly #random: Random;
  #fill: Fill = zero;
  #left = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The next `length` bytes, a multiple of 4096. */
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

/** `length` bytes of such memory, the same on every run. `length`: a multiple of 4096. */
export function memoryLike(length: number): Uint8Array {
  return new MemoryStream(new Random(SEED)).take(length);
}

function zero(): void {}

/** Addresses in one heap, with a small size beside each. */
function pointers(page: DataView, random: Random): void {
  const heap = random.below(256) * 0x10_0000;
  for (let at = 0; at < PAGE_BYTES; at += 16) {
    page.setUint32(at, heap + 16 * random.below(65_536), true);
    page.setUint32(at + 4, 0x7f3a, true);
    page.setUint32(at + 8, 16 * random.below(32), true);
  }
}

/** Structures of 64 bytes: a vtable, counters, a flag word, much left zero. */
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

/** A few opcodes in a skewed mixture, with operands. */
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
