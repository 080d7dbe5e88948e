/** The encoders of encode.wasm, in instances that share the memory of a core. */
import { encodeBinary } from "#encode-binary";
import { CompiledModules } from "../compiled-modules.js";
import type { Core } from "../core.js";
import { instantiate } from "../webassembly.js";

/** The exports of encode.wasm, as documented for those of core.wasm. */
export interface EncodeExports {
  /** `Encode` returns the length of the output, at most `EncodeBound(length)`. `level`: index of a name in ZSTD_LEVELS. */
  lz4EncodeBound(length: number): number;
  lz4EncodeWorkspaceSize(length: number): number;
  lz4EncodeBlock(source: number, length: number, destination: number, workspace: number): number;
  zstdEncodeBound(length: number): number;
  zstdEncodeWorkspaceSize(length: number, level: number): number;
  zstdEncode(source: number, length: number, destination: number, level: number, workspace: number): number;
}

const MODULES = new CompiledModules({ name: "encoder", file: "encode.wasm", load: encodeBinary });
const INSTANCES = new WeakMap<Core, EncodeExports>();

/** The encoders for a core. Compiles encode.wasm on first use; throws as `CompiledModules.get` does. */
export function encodersOf(core: Core): EncodeExports {
  const known = INSTANCES.get(core);
  if (known) return known;
  const { memory } = core;
  const kernels = instantiate<EncodeExports>(MODULES.get(memory), memory.memory);
  INSTANCES.set(core, kernels);
  return kernels;
}
