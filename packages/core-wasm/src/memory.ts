/**
 * The linear memory that kernels work on, and the areas in it that are acquired and released. Areas are aligned to 64 bytes. A new area takes
 * the smallest gap that fits. Gaps merge; a gap at the end becomes unused memory again, which WebAssembly cannot give back to the system.
 * Invariant: areas never overlap and never move. Growing the memory only replaces the views.
 */
import { COUNT, FLAG, type OptionChecks, requireOptions } from "./require-options.js";
import type { WasmMemory } from "./webassembly.js";

const PAGE_BYTES = 65_536;
const MAXIMUM_PAGES = 65_536;
const ALIGNMENT = 64;
/** No area has address 0, which stands for "none". */
const FIRST_AREA = ALIGNMENT;
/** The last page is not used, so that the end address of an area never overflows to 0. */
const LAST_END = (MAXIMUM_PAGES - 1) * PAGE_BYTES;

/** Options of the linear memory of a `Core`. */
export interface LinearMemoryOptions {
  /** Whether the memory is a SharedArrayBuffer, which other threads can use. Default false. */
  readonly shared?: boolean;
  /**
   * Bytes of the memory at first. Default 64 KiB. A shared memory should be large enough at first: after growth, views of other threads are
   * too short.
   */
  readonly initialBytes?: number;
  /** Bytes up to which the memory may grow. Default 4 GiB. A shared memory reserves that much address space. */
  readonly maximumBytes?: number;
}

const MEMORY_OPTIONS: OptionChecks<LinearMemoryOptions> = { shared: FLAG, initialBytes: COUNT, maximumBytes: COUNT };

/** The memory of one core. */
export class LinearMemory {
  readonly memory: WasmMemory;
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

  /** A view of all bytes. Must be read again after every call that may acquire an area: growth replaces the view. */
  get bytes(): Uint8Array {
    if (this.#bytes.length !== this.memory.buffer.byteLength) this.#bytes = new Uint8Array(this.memory.buffer);
    return this.#bytes;
  }

  /** A view of one area. When an unshared memory grows, the view gets length 0. */
  view(address: number, length: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, address, length);
  }

  /** Acquires an area of at least `size` bytes, not cleared. Returns its address. Throws a `RangeError` when the memory has no room. */
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

  /** Releases an area. `size` is the size with which it was acquired. */
  release(address: number, size: number): void {
    this.#free.add({ address, size: roundUp(size) });
    this.#end = this.#free.takeLast(this.#end);
  }

  /** The address of `bytes` if they lie in this memory, -1 otherwise. */
  addressOf(bytes: Uint8Array): number {
    return bytes.buffer === this.memory.buffer ? bytes.byteOffset : -1;
  }

  #growTo(end: number): void {
    const missing = end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE_BYTES));
  }
}

/** Bytes of linear memory. */
export interface Area {
  readonly address: number;
  readonly size: number;
}

/**
 * The gaps between the areas of a memory, by address. Neighbouring gaps are merged, so that released small areas make room for a large one.
 */
class FreeAreas {
  readonly #areas: Area[] = [];

  /** Takes `size` bytes from the smallest gap that has as many. Returns their address, -1 if no gap has. */
  take(size: number): number {
    let best = -1;
    let bestSize = Number.POSITIVE_INFINITY;
    for (const [index, area] of this.#areas.entries()) {
      if (area.size < size || area.size >= bestSize) continue;
      best = index;
      bestSize = area.size;
    }
    const area = this.#areas[best];
    if (area === undefined) return -1;
    if (area.size === size) this.#areas.splice(best, 1);
    else this.#areas[best] = { address: area.address + size, size: area.size - size };
    return area.address;
  }

  /** Makes a released area a gap. */
  add(area: Area): void {
    let index = this.#areas.findIndex((other) => other.address > area.address);
    if (index < 0) index = this.#areas.length;
    const before = this.#areas[index - 1];
    const after = this.#areas[index];
    const joinsBefore = before !== undefined && before.address + before.size === area.address;
    const joinsAfter = after !== undefined && area.address + area.size === after.address;
    const address = joinsBefore ? before.address : area.address;
    const end = joinsAfter ? after.address + after.size : area.address + area.size;
    const first = joinsBefore ? index - 1 : index;
    this.#areas.splice(first, Number(joinsBefore) + Number(joinsAfter), { address, size: end - address });
  }

  /** Removes the gap that ends at `end`. Returns its address, or `end` if there is no such gap. */
  takeLast(end: number): number {
    const last = this.#areas.at(-1);
    if (last === undefined || last.address + last.size !== end) return end;
    this.#areas.pop();
    return last.address;
  }
}

function roundUp(size: number): number {
  return Math.ceil(Math.max(size, 1) / ALIGNMENT) * ALIGNMENT;
}
