/** One instance of the core: its kernels, its linear memory, and areas for the input and output of kernels. */
import { coreBinary } from "#core-binary";
import { CompiledModules } from "./compiled-modules.js";
import type { CoreExports } from "./exports.js";
import { LinearMemory, type LinearMemoryOptions } from "./memory.js";
import { instantiate, type WasmModule } from "./webassembly.js";

/** Bytes that are copied in at a time: few enough to stay in the second-level cache of a processor core. */
export const STAGING_BYTES = 256 * 1024;
/** Bytes of the area for the output of one kernel call. */
export const SCRATCH_BYTES = 64 * 1024;
/**
 * Up to this number, bytes are copied without asking whether they lie in linear memory already. Copying is faster: engines allocate the `buffer` of
 * a small array on first access.
 */
const COPIED_UNASKED = 512;

const MODULES = new CompiledModules({ name: "core", file: "core.wasm", load: coreBinary });

/** The compiled core. Throws as `CompiledModules.get` does. */
export function coreModule(kind: { readonly shared: boolean }): WasmModule {
  return MODULES.get(kind);
}

/** Calls on one core share its memory, and so must not run at the same time. */
export class Core {
  readonly memory: LinearMemory;
  /** The exports of core.wasm. They check nothing: a wrong address or length overwrites other areas. */
  readonly kernels: CoreExports;
  /** The address of SCRATCH_BYTES bytes that kernels write results to. The next call overwrites them. */
  readonly scratch: number;
  readonly #staging: number;
  #stagingView: Uint8Array;

  /**
   * Compiles the core on first use. Throws a `TypeError` for wrong options, where the runtime forbids compilation, or where it has no shared
   * memory; a `RangeError` where memory is short.
   */
  constructor(options: LinearMemoryOptions = {}) {
    this.memory = new LinearMemory(options);
    this.kernels = instantiate<CoreExports>(coreModule(this.memory), this.memory.memory);
    // Acquired here, because growth of the memory in a later call would detach bytes in it that the caller passes.
    this.scratch = this.memory.acquire(SCRATCH_BYTES);
    this.#staging = this.memory.acquire(STAGING_BYTES);
    this.#stagingView = this.memory.view(this.#staging, STAGING_BYTES);
  }

  /**
   * The address of `bytes`, at most STAGING_BYTES of them, in linear memory: where they lie already, or of a copy in the staging area, which the
   * next copy overwrites.
   */
  stage(bytes: Uint8Array): number {
    const address = bytes.length > COPIED_UNASKED ? this.memory.addressOf(bytes) : -1;
    return address >= 0 ? address : this.#copyToStaging(bytes);
  }

  /**
   * Calls `use(address, length)` for consecutive pieces of `bytes` in linear memory, from first to last. Bytes that already lie there are one
   * piece and are not copied. Stops when `use` returns false.
   */
  forEachPiece(bytes: Uint8Array, use: (address: number, length: number) => boolean | void): void {
    const address = this.memory.addressOf(bytes);
    if (address >= 0) {
      use(address, bytes.length);
      return;
    }
    for (let at = 0; at < bytes.length; at += STAGING_BYTES) {
      const piece = bytes.subarray(at, at + STAGING_BYTES);
      if (use(this.#copyToStaging(piece), piece.length) === false) return;
    }
  }

  #copyToStaging(bytes: Uint8Array): number {
    // A view of length 0 was detached by growth.
    if (this.#stagingView.length === 0) this.#stagingView = this.memory.view(this.#staging, STAGING_BYTES);
    this.#stagingView.set(bytes);
    return this.#staging;
  }
}

let shared: Core | undefined;

/** The core that calls without a `core` share, made on first use. Throws as the constructor of `Core` does. */
export function defaultCore(): Core {
  shared ??= new Core();
  return shared;
}
