/**
 * Instances of binaries, and types of WebAssembly for declarations that are published. Only the types of the DOM declare the namespace
 * `WebAssembly`; programs that are compiled without the types of the DOM, such as programs for Node, need the types of this file.
 */
/** A `WebAssembly.Module`, which has no properties. */
export type WasmModule = object;

/** A `WebAssembly.Memory`. */
export interface WasmMemory {
  /** The bytes: a buffer that is replaced when the memory grows, or a SharedArrayBuffer if the memory is shared. */
  readonly buffer: ArrayBuffer;
  /** Adds pages of 64 KiB; returns how many there were. */
  grow(pages: number): number;
}

/** The exports of an instance that works on `memory`. Throws a `WebAssembly.LinkError` for a memory of the other kind, shared or not. */
export function instantiate<Exports>(module: WasmModule, memory: WasmMemory): Exports {
  const instance = new WebAssembly.Instance(module, { env: { memory: memory as WebAssembly.Memory } });
  return instance.exports as unknown as Exports;
}
