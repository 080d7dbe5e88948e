// workerd refuses to compile WebAssembly from bytes. It resolves this import to a compiled WebAssembly.Module.
import scan from "../../scan.wasm";

/** The kernels of analysis as a module that the runtime has compiled. */
export function scanBinary(): Uint8Array<ArrayBuffer> | WebAssembly.Module {
  return scan;
}
