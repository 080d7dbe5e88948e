// workerd refuses to compile WebAssembly from bytes. It resolves this import to a compiled WebAssembly.Module.
import encode from "../../encode.wasm";

/** The encoders as a module that the runtime has compiled. */
export function encodeBinary(): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return encode;
}
