/** `#core-binary` in browsers, and where no condition applies: the module as dense text. */
import { CORE_WASM_TEXT } from "./core-text.js";
import { bytesOf } from "./dense-text.js";

/** The bytes of core.wasm, for runtimes that compile WebAssembly. Decoded on each call, since callers keep the compiled module. */
export function coreBinary(): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return bytesOf(CORE_WASM_TEXT);
}
