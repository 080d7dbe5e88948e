/** `#encode-binary` in browsers, and where no condition applies: the module as dense text. */
import { bytesOf } from "../../binary/dense-text.js";
import { ENCODE_WASM_TEXT } from "./encode-text.js";

/** The bytes of encode.wasm, for runtimes that compile WebAssembly. Decoded on each call, since callers keep the compiled module. */
export function encodeBinary(): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return bytesOf(ENCODE_WASM_TEXT);
}
