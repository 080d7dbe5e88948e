/**
 * The bytes of one region of a minidump, without the pages that have bytes behind the end of the file: the rule of `CutBytes`, for regions whose bytes lie in several ranges.
 */
import type { DumpExtent, DumpRegions } from "../dump/dump-regions.js";

/** Takes the parts of a region in the order of addresses, and adds extents to the region that was added last. */
export class WholePages {
  readonly #regions: DumpRegions;
  /** Where the region begins: pages are counted from here. */
  readonly #start: bigint;
  readonly #page: bigint;
  /** Extents that end in the page of the last part or behind: a missing byte of that page takes them back. */
  #open: DumpExtent[] = [];
  /** The end of the failed pages: bytes before are left out. */
  #failedTo = 0n;
  #leftOut = 0n;

  constructor(regions: DumpRegions, start: bigint, page: bigint) {
    this.#regions = regions;
    this.#start = start;
    this.#page = page;
  }

  /** Bytes that the file has. */
  add({ address, offset, length }: DumpExtent): void {
    this.#settle(address);
    const end = address + BigInt(length);
    const from = address < this.#failedTo ? (end < this.#failedTo ? end : this.#failedTo) : address;
    this.#leftOut += from - address;
    if (from === end) return;
    const skipped = Number(from - address);
    this.#open.push({ address: from, offset: offset + skipped, length: length - skipped });
  }

  /** Addresses `[from, to)` whose bytes lie behind the end of the file. */
  fail(from: bigint, to: bigint): void {
    this.#settle(from);
    const border = this.#pageOf(from);
    for (let last = this.#open.pop(); last; last = this.#open.pop()) {
      const { address, length } = last;
      const end = address + BigInt(length);
      if (end <= border) {
        this.#open.push(last);
        break;
      }
      const kept = address < border ? Number(border - address) : 0;
      this.#leftOut += BigInt(length - kept);
      if (kept === 0) continue;
      this.#open.push({ ...last, length: kept });
      break;
    }
    this.#failedTo = this.#pageOf(to + this.#page - 1n);
  }

  /** Adds the last bytes. Returns how many bytes of the file are in failed pages. */
  finish(): bigint {
    for (const extent of this.#open) this.#regions.addExtent(extent);
    this.#open = [];
    return this.#leftOut;
  }

  /** Adds the extents that end before the page of `address`. */
  #settle(address: bigint): void {
    const border = this.#pageOf(address);
    const open = this.#open.findIndex((extent) => extent.address + BigInt(extent.length) > border);
    const settled = this.#open.splice(0, open < 0 ? this.#open.length : open);
    for (const extent of settled) this.#regions.addExtent(extent);
  }

  #pageOf(address: bigint): bigint {
    return address - ((address - this.#start) % this.#page);
  }
}
