// workerd refuses to compile WebAssembly from bytes; it resolves this import to a ready WebAssembly.Module.
import core from "../core.wasm";

/** The core as a module that the runtime compiled. */
export function coreBinary(): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return core;
}
