import { CORE_WASM_BASE64 } from "./core-bytes.js";

/** The core's bytes, for runtimes that compile WebAssembly themselves. Decoded on each call: callers keep the compiled module. */
export function coreBinary(): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return Uint8Array.from(atob(CORE_WASM_BASE64), (character) => character.charCodeAt(0));
}
