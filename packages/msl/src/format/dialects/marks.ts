/**
 * Marks: block types, layouts and bits that only memslicer since 0.2.4 and its fork write. They decide what an empty 0x0055 is. All readers look
 * for marks in the same places, so that every reader gives the same bytes the same meaning.
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

/** Number of System Contexts that are looked at; a conforming capture has one. */
export const CONTEXTS_LOOKED_AT = 8;
/** Bytes that no System Context exceeds: its fixed part, and six texts of at most 64 KiB with their padding. */
export const SYSTEM_CONTEXT_MOST = 512 * 1024;

/** Whether the payload of a block may be a mark. Compressed payloads are not looked at: memslicer compresses regions only. */
export function mayBeMarkedContext(type: number, flags: number): boolean {
  return type === BlockType.SystemContext && compressionOf(flags) === "none";
}

/** `payload`: that of a System Context, or its beginning where the data ends inside it. */
export function isMarkedContext(payload: Uint8Array): boolean {
  return fittingContext(payload) === SYSTEM_CONTEXT_B || announcesKernelSymbols(payload);
}
