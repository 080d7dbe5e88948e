/**
 * Marks that only memslicer since 0.2.4 and its fork leave in a capture: block types, and what a System Context says. They decide what an
 * empty 0x0055 is. All readers look for them in the same places, so that the same bytes mean the same to each of them.
 */
import { BlockType, compressionOf } from "../codes.js";
import { announcesKernelSymbols, fittingContext, SYSTEM_CONTEXT_B } from "../payloads/system-tables.js";

/** A manifest (0x005A) is no mark: the enrichment tool adds it to captures of every version. */
export const MARKING_TYPES: ReadonlySet<number> = new Set([
  BlockType.MemslicerConnectivityTable,
  BlockType.PersistenceManifest,
  BlockType.KernelModuleList,
  BlockType.TargetIntrospection,
  BlockType.PhysicalMemoryMap,
]);

/** System Contexts that are looked at; a capture has one. */
export const CONTEXTS_LOOKED_AT = 8;
/** Fixed part, six texts of 64 KiB at most, and what lies between them: no System Context has more bytes. */
export const SYSTEM_CONTEXT_MOST = 512 * 1024;

/** Whether a block's payload may be a mark. A compressed one is not looked at: memslicer compresses regions only. */
export function mayBeMarkedContext(type: number, flags: number): boolean {
  return type === BlockType.SystemContext && compressionOf(flags) === "none";
}

/** `payload`: of a System Context, as far as the data holds it. */
export function isMarkedContext(payload: Uint8Array): boolean {
  return fittingContext(payload) === SYSTEM_CONTEXT_B || announcesKernelSymbols(payload);
}
