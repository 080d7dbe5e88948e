/** `#scan-binary` in browsers, and where no condition applies: the module as dense text. */
import { bytesOf } from "../../binary/dense-text.js";
import { SCAN_WASM_TEXT } from "./scan-text.js";

/** The bytes of scan.wasm, for runtimes that compile WebAssembly. Decoded on each call, since callers keep the compiled module. */
export function scanBinary(): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return bytesOf(SCAN_WASM_TEXT);
}
