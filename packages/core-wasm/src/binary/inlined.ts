/** `#core-binary` in Node, Bun and Deno: the module as base64. */
import { bytesOfBase64 } from "./base64.js";
import { CORE_WASM_BASE64 } from "./core-bytes.js";

/** The bytes of core.wasm, for runtimes that compile WebAssembly. Decoded on each call, since callers keep the compiled module. */
export function coreBinary(): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return bytesOfBase64(CORE_WASM_BASE64);
}
