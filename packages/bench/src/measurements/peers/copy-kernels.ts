/**
 * Kernels that only copy, in WebAssembly over the memory of a core: byte by byte, and by vectors of 16 bytes. The binary is AssemblyScript 0.28.20, -O3, of
 * two loops: `store<u8>(to + i, load<u8>(from + i))` eight times, and `v128.store(to + i, v128.load(from + i))` four times.
 */
import type { ScanCore } from "@memslice/core-wasm/scan";

const BINARY =
  "AGFzbQEAAAABBwFgA39/fwACEgEDZW52Bm1lbW9yeQIBAYCABAMDAgAAByQDCWNvcHlCeXRlcwABC2NvcHlWZWN0b3JzAAAGbWVtb3J5AgAKxwECUgEDfwNAIAEgA0sEQCACIANqIgQgACADaiIF/QAEAP0LBAAgBCAF/QAEEP0LBBAgBCAF/QAEIP0LBCAgBCAF/QAEMP0LBDAgA0FAayEDDAELCwtyAQN/A0AgASAFSwRAIAIgBWoiAyAAIAVqIgQtAAA6AAAgAyAELQABOgABIAMgBC0AAjoAAiADIAQtAAM6AAMgAyAELQAEOgAEIAMgBC0ABToABSADIAQtAAY6AAYgAyAELQAHOgAHIAVBCGohBQwBCwsL";

/** Copies `length` bytes, a multiple of 64, between two addresses. */
type Copy = (from: number, length: number, to: number) => void;

export interface CopyKernels {
  readonly copyBytes: Copy;
  readonly copyVectors: Copy;
}

export function copyKernels({ memory }: ScanCore): CopyKernels {
  const module = new WebAssembly.Module(Buffer.from(BINARY, "base64"));
  const { exports } = new WebAssembly.Instance(module, { env: { memory: memory.memory as WebAssembly.Memory } });
  return exports as unknown as CopyKernels;
}
