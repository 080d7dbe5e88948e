/** `#encode-binary` in Node, Bun and Deno: the module as base64. */
import { bytesOfBase64 } from "../../binary/base64.js";
import { ENCODE_WASM_BASE64 } from "./encode-bytes.js";

/** The bytes of encode.wasm, for runtimes that compile WebAssembly. Decoded on each call, since callers keep the compiled module. */
export function encodeBinary(): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return bytesOfBase64(ENCODE_WASM_BASE64);
}
