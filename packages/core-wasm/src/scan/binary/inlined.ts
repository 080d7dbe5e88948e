/** `#scan-binary` in Node, Bun and Deno: the module as base64. */
import { bytesOfBase64 } from "../../binary/base64.js";
import { SCAN_WASM_BASE64 } from "./scan-bytes.js";

/** The bytes of scan.wasm, for runtimes that compile WebAssembly. Decoded on each call, since callers keep the compiled module. */
export function scanBinary(): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return bytesOfBase64(SCAN_WASM_BASE64);
}
