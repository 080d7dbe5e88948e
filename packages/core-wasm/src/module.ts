/**
 * Compiles the core once per kind of memory. The shipped module declares its memory import unshared; one byte of the import
 * section (limits flag 0x01, or 0x03 for shared) makes the same module accept a shared memory.
 */
import { coreBinary } from "#core-binary";

const LIMITS_WITH_MAXIMUM = 0x01;
const LIMITS_SHARED = 0x03;
/** `env`, `memory`, kind 2 (memory): what stands right before the limits flag of the module's one import. */
const MEMORY_IMPORT = [3, 0x65, 0x6e, 0x76, 6, 0x6d, 0x65, 0x6d, 0x6f, 0x72, 0x79, 2];

let unshared: WebAssembly.Module | undefined;
let shared: WebAssembly.Module | undefined;

/** The compiled core, cached. Throws a `TypeError` for shared memory in runtimes that hand in a compiled module (workerd). */
export function coreModule(kind: { shared: boolean }): WebAssembly.Module {
  if (kind.shared) {
    shared ??= new WebAssembly.Module(declareSharedMemory(coreBinary()));
    return shared;
  }
  if (unshared === undefined) {
    const binary = coreBinary();
    unshared = binary instanceof WebAssembly.Module ? binary : new WebAssembly.Module(binary);
  }
  return unshared;
}

function declareSharedMemory(binary: Uint8Array<ArrayBuffer> | WebAssembly.Module): Uint8Array<ArrayBuffer> {
  if (binary instanceof WebAssembly.Module) throw new TypeError("This runtime has no shared WebAssembly memory");
  const flag = findMemoryLimits(binary);
  binary[flag] = LIMITS_SHARED;
  return binary;
}

function findMemoryLimits(binary: Uint8Array): number {
  const last = binary.length - MEMORY_IMPORT.length;
  for (let at = 8; at < last; at++) {
    if (MEMORY_IMPORT.every((byte, i) => binary[at + i] === byte)) {
      const flag = at + MEMORY_IMPORT.length;
      if (binary[flag] === LIMITS_WITH_MAXIMUM) return flag;
    }
  }
  throw new TypeError("The core module has no unshared memory import");
}
