/**
 * The bytes of one region of a minidump, whose bytes lie in several ranges, under two rules. A page that has bytes behind the end of the file is failed, as `CutBytes` has it.
 * And no byte before the bytes of a page is made up: a page whose first byte the dump does not have is failed, and what the dump has of it is a part of its own
 * (an import fills the rest behind bytes with zeros, and nothing before them).
 */
import type { DumpExtent, DumpRegions } from "../dump/dump-regions.js";
import type { PageParts } from "./page-parts.js";

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
  /** The page that the last extent ends in, if the dump has its first byte; -1 without one. */
  #begun = -1n;
  readonly #parts: PageParts;

  /** `parts`: takes what is to be added as regions of their own, behind this one. */
  constructor(regions: DumpRegions, start: bigint, page: bigint, parts: PageParts) {
    this.#parts = parts;
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

  /** Whether the file lacks bytes of the region that the dump has a place for. */
  get isCut(): boolean {
    return this.#failedTo > 0n;
  }

  /** Adds the last bytes. Returns how many bytes of the file are in failed pages. */
  finish(): bigint {
    for (const extent of this.#open) this.#keep(extent);
    this.#open = [];
    return this.#leftOut;
  }

  /** Adds the extents that end before the page of `address`. */
  #settle(address: bigint): void {
    const border = this.#pageOf(address);
    const open = this.#open.findIndex((extent) => extent.address + BigInt(extent.length) > border);
    const settled = this.#open.splice(0, open < 0 ? this.#open.length : open);
    for (const extent of settled) this.#keep(extent);
  }

  /** Adds an extent to the region, or, where it begins inside a page whose first byte the dump does not have, the bytes in that page as a part. */
  #keep({ address, offset, length }: DumpExtent): void {
    const border = this.#pageOf(address);
    const isWhole = address === border || border === this.#begun;
    const apart = isWhole ? 0 : Math.min(length, Number(border + this.#page - address));
    if (apart > 0) this.#parts.take({ address, offset, length }, apart);
    if (apart === length) return;
    this.#regions.addExtent({ address: address + BigInt(apart), offset: offset + apart, length: length - apart });
    this.#begun = this.#pageOf(address + BigInt(length) - 1n);
  }

  #pageOf(address: bigint): bigint {
    return address - ((address - this.#start) % this.#page);
  }
}
