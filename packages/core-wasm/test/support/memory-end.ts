/** Bytes at the very end of a core's linear memory, where an access behind them traps. */
import { Core } from "../../src/core.js";

const WASM_PAGE_BYTES = 65_536;
const AREA_ALIGNMENT = 64;

export class MemoryEnd {
  readonly core = new Core();

  /** `capacity`: bytes at the end of the memory that no other area uses. */
  constructor(capacity: number) {
    const { memory } = this.core;
    const lastAreaEnd = memory.acquire(AREA_ALIGNMENT) + AREA_ALIGNMENT;
    const unused = memory.bytes.length - lastAreaEnd;
    memory.acquire(unused + Math.ceil(capacity / WASM_PAGE_BYTES) * WASM_PAGE_BYTES);
  }

  /** Places `bytes` so that they end with the memory. Returns the view on them. */
  place(bytes: Uint8Array): Uint8Array {
    const { bytes: memory } = this.core.memory;
    memory.set(bytes, memory.length - bytes.length);
    return memory.subarray(memory.length - bytes.length);
  }
}
