import { CORE_WASM_BASE64 } from "./core-bytes.js";

/** What Node, Bun and Deno have for this; a loop over the characters costs more than compiling. */
const { Buffer } = globalThis as { Buffer?: { from(text: string, encoding: "base64"): Uint8Array } };

/** The core's bytes, for runtimes that compile WebAssembly themselves. Decoded on each call: callers keep the compiled module. */
export function coreBinary(): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  if (Buffer) return new Uint8Array(Buffer.from(CORE_WASM_BASE64, "base64"));
  return Uint8Array.from(atob(CORE_WASM_BASE64), (character) => character.charCodeAt(0));
}
