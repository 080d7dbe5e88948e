/** `#core-binary` in Node, Bun and Deno: the module as base64, which they decode in a tenth of a millisecond. */
import { CORE_WASM_BASE64 } from "./core-bytes.js";

interface Base64Decoder {
  readonly Buffer: { from(text: string, encoding: "base64"): Uint8Array<ArrayBuffer> };
}

/** The bytes of core.wasm, for runtimes that compile WebAssembly. Decoded on each call, since callers keep the compiled module. */
export function coreBinary(): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return (globalThis as unknown as Base64Decoder).Buffer.from(CORE_WASM_BASE64, "base64");
}
