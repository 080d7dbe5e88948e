// workerd refuses to compile WebAssembly from bytes. It resolves this import to a compiled WebAssembly.Module.
import core from "../core.wasm";

/** The core as a module that the runtime has compiled. */
export function coreBinary(): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return core;
}
