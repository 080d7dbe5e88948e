import { CORE_WASM_BASE64 } from "./core-bytes.js";

/** Native decoders of base64, where the runtime has them: a loop would take longer than the compilation of the decoded bytes. */
interface NativeDecoders {
  readonly Uint8Array: { fromBase64?(text: string): Uint8Array<ArrayBuffer> };
  readonly Buffer?: { from(text: string, encoding: "base64"): Uint8Array<ArrayBuffer> };
}

/** The bytes of core.wasm, for runtimes that compile WebAssembly. Decoded on each call, since callers keep the compiled module. */
export function coreBinary(): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  const { Uint8Array: Bytes, Buffer } = globalThis as unknown as NativeDecoders;
  if (Bytes.fromBase64) return Bytes.fromBase64(CORE_WASM_BASE64);
  if (Buffer) return Buffer.from(CORE_WASM_BASE64, "base64");
  return decoded(atob(CORE_WASM_BASE64));
}

function decoded(characters: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
