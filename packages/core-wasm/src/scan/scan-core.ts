/** One instance of scan.wasm: its kernels, its linear memory, and windows of bytes in it that kernels look at. */
import { scanBinary } from "#scan-binary";
import { CompiledModules } from "../compiled-modules.js";
import { WINDOW_PADDING } from "../layout.js";
import { LinearMemory, type LinearMemoryOptions } from "../memory.js";
import { instantiate } from "../webassembly.js";
import { FIXED_AREAS_BYTES, HISTOGRAM_TABLES } from "./fixed-areas.js";
import type { ScanExports } from "./scan-exports.js";

const MODULES = new CompiledModules({ name: "scanner", file: "scan.wasm", load: scanBinary });

/** Calls on one instance share its memory, and so must not run at the same time. */
export class ScanCore {
  readonly memory: LinearMemory;
  /** The exports of scan.wasm. They check nothing: a wrong address or length overwrites other areas. */
  readonly kernels: ScanExports;

  /**
   * Compiles scan.wasm on first use. Throws a `TypeError` for wrong options and where the runtime forbids compilation; a `RangeError` where
   * memory is short.
   */
  constructor(options: LinearMemoryOptions = {}) {
    this.memory = new LinearMemory(options);
    const first = this.memory.acquire(FIXED_AREAS_BYTES);
    if (first !== HISTOGRAM_TABLES) throw new TypeError(`The first area lies at ${first}, expected ${HISTOGRAM_TABLES}`);
    this.kernels = instantiate<ScanExports>(MODULES.get(this.memory), this.memory.memory);
  }
}

/**
 * An area of linear memory that a program reads bytes into, and kernels look at. Growth of the memory replaces the view: `bytes` has to be
 * read again after every call that may acquire an area.
 */
export class ScanWindow {
  readonly core: ScanCore;
  readonly address: number;
  /** Bytes that the window has room for. */
  readonly capacity: number;
  #view: Uint8Array;
  #released = false;

  /** Throws a `RangeError` when linear memory has no room. */
  constructor(core: ScanCore, capacity: number) {
    this.core = core;
    this.capacity = capacity;
    this.address = core.memory.acquire(capacity + WINDOW_PADDING);
    this.#view = core.memory.view(this.address, capacity);
  }

  /** All bytes of the window, with any content at first. */
  get bytes(): Uint8Array {
    if (this.#view.length !== this.capacity) this.#view = this.core.memory.view(this.address, this.capacity);
    return this.#view;
  }

  /** Gives the area back. A second call has no effect. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.core.memory.release(this.address, this.capacity + WINDOW_PADDING);
  }
}
