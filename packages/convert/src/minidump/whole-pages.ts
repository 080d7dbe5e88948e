/**
 * The bytes of one region of a minidump, whose bytes lie in several ranges, under two rules. A page that has bytes behind the end of the file is failed, as `CutBytes` has it.
 * And no byte before the bytes of a page is made up: a page whose first byte the dump does not have is failed, and what the dump has of it is a part of its own
 * (FORMAT.md 8.2 fills the rest behind bytes with zeros, and nothing before them).
 */
import { ADDRESS_SPACE_END } from "@memslice/msl/work";
import type { DumpExtent, DumpRegions } from "../dump/dump-regions.js";
import { LEAST_PAGE } from "../dump/exact-pages.js";

/** Bytes of a page that a region of its own has to hold. */
export interface PagePart {
  /** Where the region begins: the address of the bytes, but at the end of all addresses, where no page would fit behind them. */
  readonly start: bigint;
  readonly extent: DumpExtent;
}

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
  readonly #parts: PagePart[];

  /** `parts`: takes what is to be added as regions of their own, behind this one. */
  constructor(regions: DumpRegions, start: bigint, page: bigint, parts: PagePart[]) {
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
    if (apart > 0) this.#takeApart({ address, offset, length }, apart);
    if (apart === length) return;
    this.#regions.addExtent({ address: address + BigInt(apart), offset: offset + apart, length: length - apart });
    this.#begun = this.#pageOf(address + BigInt(length) - 1n);
  }

  /** Regions for the first `bytes` bytes of an extent, of as many whole pages of `LEAST_PAGE` as it has; they may share bytes. One that has no such page is filled behind its bytes. */
  #takeApart({ address, offset, length }: DumpExtent, bytes: number): void {
    const whole = Math.floor(Math.min(length, Math.ceil(bytes / LEAST_PAGE) * LEAST_PAGE) / LEAST_PAGE) * LEAST_PAGE;
    const part = (from: number, size: number): DumpExtent => ({
      ...{ address: address + BigInt(from), offset: offset + from, length: size },
    });
    if (whole === 0) {
      const latest = ADDRESS_SPACE_END - BigInt(LEAST_PAGE);
      this.#parts.push({ start: address < latest ? address : latest, extent: part(0, bytes) });
      return;
    }
    this.#parts.push({ start: address, extent: part(0, whole) });
    const last = bytes - LEAST_PAGE;
    if (whole < bytes) this.#parts.push({ start: address + BigInt(last), extent: part(last, LEAST_PAGE) });
  }

  #pageOf(address: bigint): bigint {
    return address - ((address - this.#start) % this.#page);
  }
}
