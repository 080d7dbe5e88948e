/**
 * The linear memory that kernels work on: areas of 64-byte aligned bytes, handed out and taken back. A new area takes the
 * smallest gap that fits; gaps merge, and a gap at the end is unused memory again. WebAssembly cannot give memory back.
 * Invariant: areas never overlap and never move; growing the memory only replaces the views.
 */
import { FreeAreas } from "./free-areas.js";
import { COUNT, FLAG, type OptionChecks, requireOptions } from "./require-options.js";

const PAGE_BYTES = 65_536;
const MAXIMUM_PAGES = 65_536;
const ALIGNMENT = 64;
/** Address 0 stays unused, so that no area is mistaken for "none". */
const FIRST_AREA = ALIGNMENT;
/** The last page stays unused, so that no area's end address overflows to 0. */
const LAST_END = (MAXIMUM_PAGES - 1) * PAGE_BYTES;

export interface LinearMemoryOptions {
  /** A SharedArrayBuffer that worker threads see too. Default false. */
  readonly shared?: boolean;
  /** Bytes available before the first growth. A shared memory should be sized up front: growth leaves views in other threads short. */
  readonly initialBytes?: number;
  /** Bytes that the memory may grow to. Default 4 GiB: a shared memory reserves as much address space. */
  readonly maximumBytes?: number;
}

const MEMORY_OPTIONS: OptionChecks<LinearMemoryOptions> = { shared: FLAG, initialBytes: COUNT, maximumBytes: COUNT };

export class LinearMemory {
  readonly memory: WebAssembly.Memory;
  readonly shared: boolean;
  readonly #free = new FreeAreas();
  #end = FIRST_AREA;
  #bytes: Uint8Array;

  constructor(options: LinearMemoryOptions = {}) {
    requireOptions("Core", MEMORY_OPTIONS, options);
    this.shared = options.shared ?? false;
    const initial = Math.max(1, Math.ceil((options.initialBytes ?? PAGE_BYTES) / PAGE_BYTES));
    const maximum = Math.min(MAXIMUM_PAGES, Math.ceil((options.maximumBytes ?? Number.POSITIVE_INFINITY) / PAGE_BYTES));
    this.memory = new WebAssembly.Memory({ initial, maximum, shared: this.shared });
    this.#bytes = new Uint8Array(this.memory.buffer);
  }

  /** All bytes. Read it anew after anything that may allocate: growth replaces the view. */
  get bytes(): Uint8Array {
    if (this.#bytes.length !== this.memory.buffer.byteLength) this.#bytes = new Uint8Array(this.memory.buffer);
    return this.#bytes;
  }

  /** The bytes of one area. Growth of an unshared memory leaves the view with length 0. */
  view(address: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, length);
  }

  /** The address of an area of at least `size` bytes, not cleared. Throws a `RangeError` when 4 GiB are used up. */
  acquire(size: number): number {
    const rounded = roundUp(size);
    const reused = this.#free.take(rounded);
    if (reused >= 0) return reused;
    const address = this.#end;
    if (rounded > LAST_END - address) throw new RangeError(`No ${size} bytes of linear memory left above ${address}`);
    this.#growTo(address + rounded);
    this.#end = address + rounded;
    return address;
  }

  /** Gives an area back; `size` is the one it was acquired with. */
  release(address: number, size: number): void {
    this.#free.add({ address, size: roundUp(size) });
    this.#end = this.#free.takeLast(this.#end);
  }

  /** The address of `bytes` if they already lie in this memory, so that nothing needs to be copied; otherwise -1. */
  addressOf(bytes: Uint8Array): number {
    return bytes.buffer === this.memory.buffer ? bytes.byteOffset : -1;
  }

  #growTo(end: number): void {
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE_BYTES));
  }
}

function roundUp(size: number): number {
  return Math.ceil(Math.max(size, 1) / ALIGNMENT) * ALIGNMENT;
}
